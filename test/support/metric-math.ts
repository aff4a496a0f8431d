/**
 * Arithmetic of CloudWatch's metric math: + - * / and parentheses over ids and numbers. A point needs all series that the
 * expression names; a value that is not finite is dropped, as CloudWatch does.
 */
export function valueOfExpression(
  expression: string,
  series: ReadonlyMap<string, ReadonlyMap<number, number>>,
): Map<number, number> {
  const tokens = expression.match(/[a-z]\w*|\d+(?:\.\d+)?|[-+*/()]/g) ?? [];
  const ids = tokens.filter((token) => /^[a-z]/.test(token));
  const [first] = ids;
  const times = first === undefined ? [] : [...(series.get(first)?.keys() ?? [])];
  const shared = times.filter((at) => ids.every((id) => series.get(id)?.has(at)));
  return new Map(
    shared.flatMap((at): [number, number][] => {
      const value = evaluate(tokens, (id) => series.get(id)?.get(at) ?? Number.NaN);
      return Number.isFinite(value) ? [[at, value]] : [];
    }),
  );
}

function evaluate(tokens: readonly string[], valueOf: (id: string) => number): number {
  let position = 0;
  const next = () => tokens[position++] ?? "";
  const factor = (): number => {
    const token = next();
    if (token === "-") return -factor();
    if (token === "(") {
      const inner = sum();
      next(); // the closing parenthesis
      return inner;
    }
    return /^[a-z]/.test(token) ? valueOf(token) : Number(token);
  };
  const product = (): number => {
    let value = factor();
    while (tokens[position] === "*" || tokens[position] === "/")
      value = next() === "*" ? value * factor() : value / factor();
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[position] === "+" || tokens[position] === "-")
      value = next() === "+" ? value + product() : value - product();
    return value;
  };
  return sum();
}
