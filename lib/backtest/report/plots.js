// Runs in the page of the report, beside uPlot: draws what plot-data.ts has put into #plot-data.
const HEIGHT = 320;
const NEAR_PX = 7;
const { traces } = JSON.parse(document.getElementById("plot-data").textContent);
const ink = getComputedStyle(document.body).color;

const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
const say = ([at, from, to, reason], { fromSeconds }, scaler) =>
  `${clock(fromSeconds + at)}  ${scaler}: ${from} to ${to} tasks. ${reason}`;

/** Decision drawn closest to this place of the plot, within a few pixels; undefined when there is none. */
function decisionAt(chart, plot, left) {
  let nearest;
  let distance = NEAR_PX;
  for (const [at, run] of plot.runs.entries()) {
    if (!chart.series[at + 2].show) continue;
    for (const decision of run.decisions) {
      const away = Math.abs(chart.valToPos(plot.fromSeconds + decision[0], "x") - left);
      if (away < distance) {
        distance = away;
        nearest = say(decision, plot, run.scaler);
      }
    }
  }
  return nearest;
}

/** Triangles along the lower edge: up for more tasks, down for fewer. */
function drawDecisions(chart, plot) {
  const { ctx, bbox } = chart;
  const size = 4 * devicePixelRatio;
  const base = bbox.top + bbox.height - size;
  ctx.save();
  for (const [at, run] of plot.runs.entries()) {
    if (!chart.series[at + 2].show) continue;
    ctx.fillStyle = run.colour;
    for (const [seconds, from, to] of run.decisions) {
      const x = chart.valToPos(plot.fromSeconds + seconds, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const tip = to > from ? -size : size;
      ctx.beginPath();
      ctx.moveTo(x, base + tip);
      ctx.lineTo(x - size, base - tip);
      ctx.lineTo(x + size, base - tip);
      ctx.fill();
    }
  }
  ctx.restore();
}

function optionsOf(plot, width, onDecision) {
  const stepped = uPlot.paths.stepped({ align: 1 });
  const line = (label, stroke, more) => ({
    label,
    stroke,
    width: 1.5,
    paths: stepped,
    points: { show: false },
    ...more,
  });
  const axis = { stroke: ink, grid: { stroke: "#8884", width: 1 }, ticks: { stroke: "#8884", width: 1 } };
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
    axes: [axis, { ...axis, label: "tasks" }],
    series: [
      { label: "UTC", value: (_, seconds) => (Number.isFinite(seconds) ? clock(seconds) : "") },
      line("needed (most)", ink, { fill: "#8883" }),
      ...plot.runs.map(({ scaler, colour }) => line(scaler, colour)),
    ],
    hooks: {
      draw: [(chart) => drawDecisions(chart, plot)],
      setCursor: [(chart) => onDecision(decisionAt(chart, plot, chart.cursor.left), false)],
      ready: [
        (chart) =>
          chart.over.addEventListener("click", () => onDecision(decisionAt(chart, plot, chart.cursor.left), true)),
      ],
    },
  };
}

/** Puts a chart into its place on the page, and the reason of the decision pointed at under it. */
function show(plot, place, told) {
  let isKept = false;
  const onDecision = (text, isClick) => {
    if (isClick) isKept = text !== undefined;
    if (text !== undefined && (isClick || !isKept)) told.textContent = text;
  };
  const times = plot.demand.map((_, bucket) => plot.fromSeconds + bucket * plot.bucketSeconds);
  const chart = new uPlot(
    optionsOf(plot, place.clientWidth, onDecision),
    [times, plot.demand, ...plot.runs.map(({ supply }) => supply)],
    place,
  );
  addEventListener("resize", () => chart.setSize({ width: place.clientWidth, height: HEIGHT }));
  const leftOut = plot.runs.reduce((sum, run) => sum + run.decisionsLeftOut, 0);
  if (leftOut > 0) told.textContent += ` The ${leftOut} smallest changes are not drawn.`;
}

for (const [at, plot] of traces.entries())
  show(plot, document.querySelector(`[data-plot="${at}"]`), document.querySelector(`[data-decision="${at}"]`));
