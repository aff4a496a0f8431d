/**
 * Sizes of the items of a run: `node --import tsx scripts/measure-items.ts [DATA_FOLDER]`. Reads the table of a data folder
 * that no run holds (without one, one example of each record) and prints, for each kind of item, how many there are, how
 * large DynamoDB counts them, and the write and read units of one. The table in docs/data-model.md comes from here.
 */
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { DynamoStore } from "../lib/adapters/dynamo/dynamo-store.ts";
import { startEmbedded } from "../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../lib/adapters/dynamo/schema.ts";
import { placeOf } from "../lib/adapters/keys.ts";
import * as example from "../test/contracts/store-records.ts";

type Attribute = { S?: string; N?: string; B?: Uint8Array };

/** As DynamoDB counts: names and texts in UTF-8, a number half a byte for each digit and one more. */
function sizeOf(item: Readonly<Record<string, Attribute>>): number {
  return Object.entries(item).reduce((sum, [name, { S, N = "", B }]) => {
    const digits = N.replace(/\D/g, "").length;
    const value = B?.length ?? (S === undefined ? Math.ceil(digits / 2) + 1 : Buffer.byteLength(S));
    return sum + Buffer.byteLength(name) + value;
  }, 0);
}

const path = process.argv[2];
const database = await startEmbedded({ path });
const { client } = database;
await ensureTable(client, "scaling-controller");
const store = await DynamoStore.open(client, "scaling-controller");
if (path === undefined) {
  await store.claimTick("monitor", 1);
  await store.writeLedger(example.aLedger());
  await store.writeStates(example.FLEET, [example.aState()]);
  await store.appendSamples(example.FLEET, [{ component: "price_feeds", sample: example.aSample() }]);
  await store.writeRollups(example.FLEET, [example.aRollup()]);
  await store.appendDecisions(example.FLEET, [example.aHold(), example.anAction("order_books")]);
  await store.writeLearning(example.FLEET, example.aLearning());
  await store.writeOverlays(example.FLEET, [example.anOverlay()]);
  await store.writeForecasts(example.FLEET, [example.aForecast()]);
  await store.writeModels(example.FLEET, [example.aModel()]);
  await store.writeRecommendations(example.FLEET, [example.aRecommendation()]);
  await store.writeScores(example.someScores());
  await store.writeAlerts(example.anAlertState());
}

const sizes = new Map<string, number[]>();
let ExclusiveStartKey: Record<string, never> | undefined;
do {
  const page = await client.send(
    new ScanCommand({ TableName: "scaling-controller", ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
  );
  for (const item of (page.Items ?? []) as Record<string, Attribute>[]) {
    const place = placeOf({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.S ?? "" });
    const kind = place?.kind === "rollup" ? `rollup ${place.resolution}` : (place?.kind ?? "meta");
    sizes.set(kind, [...(sizes.get(kind) ?? []), sizeOf(item)]);
  }
  ExclusiveStartKey = page.LastEvaluatedKey as Record<string, never> | undefined;
} while (ExclusiveStartKey !== undefined);
await database.close();

const table = [...sizes]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([kind, list]) => {
    const mean = Math.round(list.reduce((a, b) => a + b, 0) / list.length);
    const units = (of: number): number => list.reduce((sum, size) => sum + Math.ceil(size / of), 0) / list.length;
    return {
      kind,
      items: list.length,
      meanBytes: mean,
      maxBytes: Math.max(...list),
      writeUnits: Number(units(1024).toFixed(2)),
      strongReadUnits: Number(units(4096).toFixed(2)),
    };
  });
console.table(table);
