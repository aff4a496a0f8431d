import { setFlagsFromString } from "node:v8";

/*
 * V8 watches which places in the code make objects that outlive a collection, and from then on makes those of them at once
 * among the old ones. In a pass over a fleet that is a misjudgement: what is decided for a component lives until the fleet
 * is done, hence through the collections meanwhile, and then is garbage, which among the old objects only a full collection
 * finds. Measured with 10,000 components (`npm run bench`): a quarter of what is made in a pass, and a sixth of its time.
 * The option has no place in NODE_OPTIONS; nothing depends on it but time.
 */
setFlagsFromString("--no-allocation-site-pretenuring");
