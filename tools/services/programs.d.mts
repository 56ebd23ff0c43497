export type Account = { readonly uid?: number; readonly gid?: number }

export function findProgram(name: string): string | undefined
export function findAccount(name: string): Promise<Account>
