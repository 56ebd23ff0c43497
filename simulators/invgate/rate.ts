/** Whether one more request may be answered in this second; 0 a second means without limit. */
export function createRate(perSecond: number): () => boolean {
  let taken: number[] = []
  return () => {
    if (perSecond === 0) return true
    const at = performance.now()
    taken = taken.filter((each) => at - each < 1_000)
    if (taken.length >= perSecond) return false
    taken.push(at)
    return true
  }
}
