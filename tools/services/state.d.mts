/** Where the services that the tools started keep what is theirs. */
export const servicesFolder: string
