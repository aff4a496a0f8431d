import { at } from "./candidate.ts";

/** Ridge regression by the normal equations: (XᵀX + λ n I) w = Xᵀy, solved by Cholesky. Rows of x are observations. */
export function ridge(rows: readonly Float64Array[], y: ArrayLike<number>, lambda: number): Float64Array {
  const k = rows[0]?.length ?? 0;
  const a = new Float64Array(k * k);
  const b = new Float64Array(k);
  rows.forEach((row, r) => {
    const target = at(y, r);
    for (let i = 0; i < k; i++) {
      const xi = at(row, i);
      b[i] = at(b, i) + xi * target;
      for (let j = 0; j <= i; j++) a[i * k + j] = at(a, i * k + j) + xi * at(row, j);
    }
  });
  for (let i = 0; i < k; i++) a[i * k + i] = at(a, i * k + i) + lambda * rows.length + 1e-12;
  return cholesky(a, b);
}

function cholesky(a: Float64Array, b: Float64Array): Float64Array {
  const k = b.length;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(a, i * k + j);
      for (let m = 0; m < j; m++) sum -= at(a, i * k + m) * at(a, j * k + m);
      a[i * k + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / at(a, j * k + j);
    }
  }
  const w = Float64Array.from(b);
  for (let i = 0; i < k; i++) {
    let sum = at(w, i);
    for (let m = 0; m < i; m++) sum -= at(a, i * k + m) * at(w, m);
    w[i] = sum / at(a, i * k + i);
  }
  for (let i = k - 1; i >= 0; i--) {
    let sum = at(w, i);
    for (let m = i + 1; m < k; m++) sum -= at(a, m * k + i) * at(w, m);
    w[i] = sum / at(a, i * k + i);
  }
  return w;
}
