import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { stateStoreContract } from "./state-store.contract.ts";

stateStoreContract("MemoryStore", { empty: async () => new MemoryStore() });
