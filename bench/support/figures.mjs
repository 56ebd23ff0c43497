export function median(figures) {
  const sorted = figures.toSorted((one, other) => one - other)
  const upper = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2
}
