"""Kills `annota label` at random moments, and looks for what was lost.

    python3 bench/crash.py WORK_FOLDER

One cycle labels 300 messages from nothing to a certificate and kills the
process (`kill -9`) at random moments until a run ends by itself; a first cycle
without kills tells how long that takes. Two kinds:

- `gold`: `--oracle gold`. Acknowledged is what another connection to the
  database has seen before the kill.
- `lines`: answers are written to its standard input, as a person would.
  Acknowledged is an answer after which the next question was asked.

After every kill the project must open (`annota status`), hold every
acknowledged annotation as it was, and at the end carry a certificate that is
true. SEEDS sets the number of cycles of each kind; SETS=gold or lines
restricts it. Exits with 1 if anything was lost.
"""

import json
import math
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

ANNOTA = os.environ["ANNOTA"]
MAX_ERROR = 0.05
N_ITEMS = 300


def main():
    work = Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    truth = write_messages(work / "messages.csv")
    print(f"{'set':8}{'cycles':>8}{'kills':>8}{'acknowledged':>14}{'lost':>6}{'certified':>11}", file=sys.stderr)
    n_cycles = int(os.environ.get("SEEDS", "5"))
    n_lost = 0
    for kind in os.environ.get("SETS", "gold,lines").split(","):
        undisturbed = Cycle(work, kind, "undisturbed", truth, math.inf)
        start = time.monotonic()
        undisturbed.run()
        seconds = time.monotonic() - start
        cycles = [Cycle(work, kind, seed, truth, seconds) for seed in range(n_cycles)]
        for cycle in cycles:
            cycle.run()
        n_lost += report(kind, cycles)
    sys.exit(1 if n_lost else 0)


def report(kind, cycles):
    total = lambda value: sum(map(value, cycles))
    kills, lost = total(lambda it: it.n_kills), total(lambda it: it.n_lost)
    acknowledged, certified = total(lambda it: len(it.promised)), total(lambda it: it.is_certified)
    line = {"bench": "crash", "set": kind, "ours": lost, "unit": "annotations lost", "kills": kills}
    line |= {"acknowledged": acknowledged, "cycles": len(cycles), "certified": certified}
    print(json.dumps(line), flush=True)
    print(f"{kind:8}{len(cycles):8}{kills:8}{acknowledged:14}{lost:6}{certified:11}", file=sys.stderr)
    # A cycle without a certificate, or a project that does not open, counts as a loss.
    return lost + len(cycles) - certified


def write_messages(path):
    """Messages of two classes, one in ten of which says what the other class would."""
    rng = random.Random(0)
    truth = {}
    with open(path, "w", encoding="utf-8") as file:
        file.write("id,text,label\n")
        for number in range(N_ITEMS):
            label = ("delivery", "payment")[number % 2]
            says_payment = (label == "payment") != (rng.random() < 0.1)
            words = ("please refund the payment of invoice", "where is my parcel number")
            file.write(f"m{number},{words[not says_payment]} {number},{label}\n")
            truth[f"{words[not says_payment]} {number}"] = label
    return truth


class Cycle:
    """From no project to a certificate, killed again and again."""

    def __init__(self, work, kind, seed, truth, seconds):
        self.seconds = seconds
        self.project = work / f"{kind}-{seed}"
        self.data, self.kind, self.truth = work / "messages.csv", kind, truth
        self.rng = random.Random(seed)
        self.n_kills = self.n_lost = 0
        self.is_certified = False
        # The annotations that must be there; what they are is the kind's business.
        self.promised = set()

    def run(self):
        while not self.run_and_kill():
            self.check()
        self.check()
        self.check_certificate()

    def run_and_kill(self):
        """Whether the run ended before it was killed."""
        command = [ANNOTA, "label", self.data, "--project", self.project, "--max-error", MAX_ERROR]
        if self.kind == "gold":
            command += ["--oracle", "gold"]
        else:
            command += ["--terminal", "--classes", "delivery,payment"]
        process = subprocess.Popen(
            [str(it) for it in command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        watch = (Observer if self.kind == "gold" else Typist)(self, process)
        watch.start()
        try:
            # Soon in the beginning, so that there are several; later and later, so that it ends.
            patience = self.seconds * self.rng.random() * (0.3 + 0.02 * self.n_kills)
            code = process.wait(timeout=None if math.isinf(patience) else patience)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        watch.join()
        if code < 0:
            self.n_kills += 1
            return False
        assert code == 0, f"`annota label` ended with {code}: {watch.told[-2000:]}"
        return True

    def check(self):
        """The project opens and holds what was promised."""
        status = annota("status", "--project", self.project, "--json")
        if status.returncode != 0:
            # Killed while it was made; the next run makes it.
            assert not self.promised, f"does not open: {status.stderr.decode()}"
            return
        there = facts(self.project) if self.kind == "gold" else answers(self.project)
        lost = self.promised - set(there)
        self.n_lost += len(lost)
        self.promised -= lost

    def check_certificate(self):
        status = json.loads(annota("status", "--project", self.project, "--json").stdout)
        exported = self.project / "labels.jsonl"
        written = annota("export", "jsonl", exported, "--project", self.project)
        assert written.returncode == 0, written.stderr.decode()
        labels = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
        assert len(labels) == N_ITEMS, f"{len(labels)} labels of {N_ITEMS}"
        n_wrong = sum(self.truth[it["text"]] != it["label"] for it in labels)
        self.is_certified = status["certificate"] is not None
        print(f"  {self.kind}: {self.n_kills} kills, {n_wrong} of {N_ITEMS} labels wrong", file=sys.stderr)


def annota(*arguments):
    return subprocess.run([ANNOTA, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def facts(project, after=-1):
    """The annotations as they are stored, from the one with the number `after` on."""
    return query(project, "SELECT * FROM annotation WHERE ? < id ORDER BY id", after)


def answers(project):
    """Texts and the classes that a person gave them."""
    return query(
        project,
        """SELECT item.text, json_extract(annotation.label, '$.class') FROM annotation
           JOIN item ON item.id = annotation.item
           JOIN annotator ON annotator.id = annotation.annotator AND annotator.kind = 'person'""",
    )


def query(project, sql, *values):
    connection = sqlite3.connect(f"file:{project / 'annota.db'}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


class Observer(threading.Thread):
    """Sees through a connection of its own what is committed while the process lives."""

    def __init__(self, cycle, process):
        super().__init__()
        self.cycle, self.process, self.told = cycle, process, ""

    def run(self):
        listener = threading.Thread(target=self.listen)
        listener.start()
        last = -1
        while self.process.poll() is None:
            try:
                new = facts(self.cycle.project, last)
            except sqlite3.OperationalError:
                new = []  # No database, or no tables yet.
            self.cycle.promised.update(new)
            last = new[-1][0] if new else last
            time.sleep(0.002)
        listener.join()

    def listen(self):
        self.told = self.process.stderr.read().decode()


class Typist(threading.Thread):
    """Answers every question in lines; an answer counts once the next question is there."""

    def __init__(self, cycle, process):
        super().__init__()
        self.cycle, self.process, self.told = cycle, process, ""

    def run(self):
        answered = None
        for line in iter(self.process.stderr.readline, b""):
            text = line.decode().rstrip("\n")
            self.told += f"{text}\n"
            if text not in self.cycle.truth:
                continue
            if answered:
                self.cycle.promised.add(answered)
            answered = (text, self.cycle.truth[text])
            try:
                self.process.stdin.write(f"{answered[1]}\n".encode())
                self.process.stdin.flush()
            except BrokenPipeError:
                pass


if __name__ == "__main__":
    main()
