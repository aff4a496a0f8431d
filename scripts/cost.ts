/**
 * What the controller costs on AWS in a month: `npm run cost [-- --config FILE] [--json]`. Without a file: the seven preset
 * components behind a load balancer. `--write-docs` writes docs/cost.md instead.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pairs, table } from "../lib/cli/output.ts";
import { loadConfigFile } from "../lib/config/file.ts";
import { type Bill, billOf, type ControllerBill } from "../lib/cost/bill.ts";
import { costPage, presetDeployed } from "../lib/cost/page.ts";
import { PRICES, PRICES_OF } from "../lib/cost/prices.ts";
import { InputError } from "../lib/domain/model/errors.ts";

function print(bill: ControllerBill): void {
  const { components, atEveryTick, fleets } = bill;
  const rows = bill.lines.map(({ service, what, price, quantity, usd }) => [
    service,
    what,
    quantity >= 100 ? String(Math.round(quantity)) : quantity.toPrecision(3),
    `$${Number((PRICES[price].usd * 1e6).toPrecision(6))} / 1e6`,
    usd.toFixed(2),
  ]);
  console.log(table(["service", "what", "quantity", "list price", "$ a month"], rows));
  const each = (of: Bill) =>
    `$${(of.usd / components).toFixed(2)} a component, $${(of.usdAfterAllowances / components).toFixed(2)} after free allowances`;
  console.log();
  console.log(
    pairs([
      [`all (${PRICES_OF.region}, ${PRICES_OF.compiled})`, `$${bill.usd.toFixed(2)} for ${components} components`],
      ["as configured", each(bill)],
      ["at every tick", each(atEveryTick)],
      ...fleets.map(({ name, components: of, usd }): [string, string] => [
        `fleet ${name}`,
        `$${usd.toFixed(2)} for ${of} components, $${(usd / of).toFixed(2)} each`,
      ]),
    ]),
  );
}

const options = { config: { type: "string" }, json: { type: "boolean" }, "write-docs": { type: "boolean" } } as const;
try {
  const { values } = parseArgs({ options });
  if (values["write-docs"] === true) {
    await writeFile(join(import.meta.dirname, "..", "docs", "cost.md"), costPage());
    console.log("docs/cost.md");
  } else {
    const bill = billOf(values.config === undefined ? presetDeployed() : await loadConfigFile(values.config));
    if (values.json === true) console.log(JSON.stringify(bill, null, 2));
    else print(bill);
  }
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof TypeError && "code" in error)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
