// What the tests of one file share: a browser and a server, started before the
// first of them and ended after the last.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

import { launch, visit, visitAs, type Look, type Visit } from "./browser";
import { Client, type Server } from "./server";

export class Scene {
  #started: Readonly<{ browser: Browser; server: Server }> | null = null;

  /** For the tests of the file that calls this, with the server that `start` gives. */
  static set(start: () => Promise<Server>): Scene {
    const scene = new Scene();
    beforeAll(async () => {
      scene.#started = { server: await start(), browser: await launch() };
    });
    afterAll(async () => {
      await scene.#started?.browser.close();
      await scene.#started?.server.remove();
    });
    return scene;
  }

  get browser(): Browser {
    return this.#running.browser;
  }

  get server(): Server {
    return this.#running.server;
  }

  /** Someone who needs no account. */
  get client(): Client {
    return new Client(this.server);
  }

  /** Someone with an account. */
  clientOf(name: string): Client {
    return new Client(this.server, this.server.tokenOf(name));
  }

  visit(look?: Look): Promise<Visit> {
    return visit(this.browser, this.server, look);
  }

  visitAs(name: string, path: string): Promise<Visit> {
    return visitAs(this.browser, this.server, name, path);
  }

  get #running() {
    if (this.#started === null) throw new Error("the scene is used before its tests began");
    return this.#started;
  }
}
