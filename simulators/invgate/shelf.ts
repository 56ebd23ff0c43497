/** Records by id; the next id is one more than the highest there ever was. */
export type Shelf<Row extends { readonly id: number }> = {
  readonly get: (id: number) => Row | undefined
  readonly all: () => Row[]
  readonly nextId: () => number
  readonly put: (row: Row) => Row
  readonly remove: (id: number) => void
  readonly clear: () => void
}

export function createShelf<Row extends { readonly id: number }>(): Shelf<Row> {
  const rows = new Map<number, Row>()
  let lastId = 0
  return {
    get: (id) => rows.get(id),
    all: () => [...rows.values()],
    nextId: () => lastId + 1,
    put(row) {
      lastId = Math.max(lastId, row.id)
      rows.set(row.id, row)
      return row
    },
    remove: (id) => void rows.delete(id),
    clear() {
      rows.clear()
      lastId = 0
    },
  }
}
