/** Other paths of the same routes: `[alias, path]`, each standing for itself and everything below it. */
export type Aliases = readonly (readonly [alias: string, path: string])[]

/** Turns a request's URL into the one that its route is written for (C1). */
export function createRewrite(aliases: Aliases): (url: string) => string {
  // The longest alias first, so that `/api/v1/users/login` is not taken for something below a shorter one.
  const byLength = aliases.toSorted(([a], [b]) => b.length - a.length)
  return (url) => {
    const end = url.search(/[?#]/)
    const path = end === -1 ? url : url.slice(0, end)
    for (const [alias, target] of byLength) {
      if (path === alias || path.startsWith(`${alias}/`)) return target + url.slice(alias.length)
    }
    return url
  }
}
