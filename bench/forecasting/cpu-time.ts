/** CPU time this process has used, ms: unlike the wall clock it does not grow when the machine is shared. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
