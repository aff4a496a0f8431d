#!/usr/bin/env bash
# The main job, shortly: two simulated hours on the embedded database must tick every loop without an error.
# npm is silent because standard output has to be the JSON document and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

npm --silent start -- --headless --for 2h --speed max --json --data "$data" | node -e '
  const report = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const faults = [];
  if (report.simulatedSeconds !== 7200) faults.push(`simulated ${report.simulatedSeconds} s instead of 7200`);
  for (const name of ["monitor", "decision", "execution", "optimization"]) {
    const { ticks = 0, errors = 0 } = report.loops?.[name] ?? {};
    if (!(ticks > 0)) faults.push(`the ${name} loop never ticked`);
    if (errors !== 0) faults.push(`the ${name} loop had ${errors} errors`);
  }
  if (report.components?.length !== 7) faults.push(`${report.components?.length} components instead of 7`);
  for (const [resource, { allocated, max }] of Object.entries(report.limits ?? {}))
    if (!(allocated <= max)) faults.push(`${resource}: ${allocated} allocated of at most ${max}`);
  if (faults.length > 0) throw new Error(`the smoke run failed:\n  ${faults.join("\n  ")}`);
  const ticks = Object.values(report.loops).reduce((sum, loop) => sum + loop.ticks, 0);
  console.log(`smoke: ${ticks} ticks, ${report.decisions?.total} decisions, 0 errors in ${report.wallSeconds} s`);
'
