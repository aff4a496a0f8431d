import { at, type Predictor, path } from "./candidate.ts";
import { ridge } from "./least-squares.ts";

const ORDER = 3;

/**
 * A fixed curve plus an AR(3) of what is left: r = y - c, r(t) = φ1 r(t-1) + φ2 r(t-2) + φ3 r(t-3), iterated ahead.
 * `curve(i)` is the value at index i of the series, also beyond its end.
 */
export function curveWithAr(history: Float64Array, curve: (i: number) => number): Predictor {
  const residual = Float64Array.from(history, (y, i) => y - curve(i));
  const rows: Float64Array[] = [];
  for (let i = ORDER; i < residual.length; i++) rows.push(lags(residual, i));
  const phi = ridge(rows, residual.subarray(ORDER), 0);
  return (series) => {
    const n = series.length;
    const tail = Array.from({ length: ORDER }, (_, i) => at(series, n - ORDER + i) - curve(n - ORDER + i));
    return path((step) => {
      const next = lags(tail, tail.length).reduce((sum, lag, i) => sum + lag * at(phi, i), 0);
      tail.push(next);
      return curve(n + step) + next;
    });
  };
}

function lags(values: ArrayLike<number>, i: number): Float64Array {
  return Float64Array.from({ length: ORDER }, (_, lag) => at(values, i - 1 - lag));
}
