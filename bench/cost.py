"""What the whole costs: human answers until the pool is labelled and certified.

    python3 bench/cost.py SETS_FOLDER WORK_FOLDER

Runs `annota simulate SET --max-error E --confidence 0.95 --seeds N --json` for
every set and prints the share of the pool that people had to answer (training,
calibration, audit and what is left to them) beside the prototype's figures.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# Section 7 of the design's algorithms: without tuning per run, and the best
# stop and audit size in hindsight, at 5 %; no figure was published at 10 %.
PROTOTYPE = {
    "banking77": (0.229, 0.212),
    "agnews": (0.324, 0.302),
    "chnsenticorp": (0.405, 0.395),
    "cifar10": (0.550, 0.537),
    "sst2": (0.584, 0.558),
    "trashnet": (0.706, 0.582),
}
MAX_ERRORS = (0.05, 0.10)


def main():
    sets, work = Path(sys.argv[1]), Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    chosen = os.environ.get("SETS", ",".join(PROTOTYPE)).split(",")
    seeds = os.environ.get("SEEDS", "10")
    print(f"{'set':14}{'eps':>6}{'ours':>8}{'proto':>8}{'hindsight':>11}{'true error':>12}{'held':>7}{'s/run':>8}", file=sys.stderr)
    for name in chosen:
        path = sets / name if (sets / name).exists() else sets / f"{name}.csv"
        for max_error in MAX_ERRORS:
            report(name, max_error, simulate(path, max_error, seeds))


def simulate(path, max_error, seeds):
    command = [os.environ["ANNOTA"], "simulate", str(path), "--max-error", str(max_error)]
    command += ["--confidence", "0.95", "--seeds", seeds, "--json"]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(finished.stdout)


def report(name, max_error, result):
    runs = result["runs"]
    mean = lambda value: sum(map(value, runs)) / len(runs)
    share = mean(lambda run: run["answers"]["total"] / run["items"])
    true_error = mean(lambda run: run["true_error"])
    held = mean(lambda run: run["certificate_held"])
    seconds = mean(lambda run: run["seconds"])
    proto, hindsight = PROTOTYPE[name] if max_error == 0.05 else (None, None)
    line = {"bench": "cost", "set": f"{name}@{max_error}", "ours": round(share, 4), "peer": proto}
    line |= {"ratio": round(proto / share, 3) if proto else None, "unit": "answers per item"}
    line |= {"hindsight": hindsight, "true_error": round(true_error, 4), "held": held, "runs": len(runs)}
    print(json.dumps(line), flush=True)
    shown = [f"{it:.3f}" if it else "-" for it in (proto, hindsight)]
    print(
        f"{name:14}{max_error:6}{share:8.3f}{shown[0]:>8}{shown[1]:>11}{true_error:12.4f}{held:7.2f}{seconds:8.1f}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
