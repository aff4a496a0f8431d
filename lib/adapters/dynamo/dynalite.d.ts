/** The part of dynalite 4 that is used here; the package has no types of its own. */
declare module "dynalite" {
  import type { Server } from "node:http";

  interface Options {
    /** Folder of its LevelDB; in memory without it. */
    readonly path?: string;
    /** Time that a new table stays in CREATING. */
    readonly createTableMs?: number;
  }
  export default function dynalite(options?: Options): Server;
}
