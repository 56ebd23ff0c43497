import { AsyncLocalStorage } from 'node:async_hooks'
import type { DatabaseConnection, QueryExecutorProvider } from 'kysely'

/** Runs a request, or whatever else, and tells which statements it has sent, as SQL without its values. */
export type Statements = <Result>(
  work: () => Promise<Result>,
) => Promise<{ readonly result: Result; readonly statements: readonly string[] }>

/** Watches the connections of a database. What others do at the same time does not count. */
export function watchStatements(db: QueryExecutorProvider): Statements {
  const asking = new AsyncLocalStorage<string[]>()
  const known = new WeakSet<DatabaseConnection>()
  const executor = db.getExecutor()
  const provide = executor.provideConnection.bind(executor)
  executor.provideConnection = async (consumer, options) =>
    await provide(async (connection) => {
      if (!known.has(connection)) {
        known.add(connection)
        const execute = connection.executeQuery.bind(connection)
        connection.executeQuery = async (query, ...rest) => {
          asking.getStore()?.push(query.sql)
          return await execute(query, ...rest)
        }
      }
      return await consumer(connection)
    }, options)
  return async (work) => {
    const statements: string[] = []
    return { result: await asking.run(statements, work), statements }
  }
}
