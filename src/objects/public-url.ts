/**
 * Which addresses may be fetched on a caller's behalf: public https only. A name that resolves to a private address cannot be
 * seen from here; the platform's own network must not route those (Cloudflare's does not).
 */
import { isIPv4, isIPv6 } from "node:net"

/** Names that never lead out of the machine or its network. */
const PRIVATE_NAMES =
  /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|localdomain|test|invalid|onion)$/

/** IPv4 networks that are not the public internet: address and prefix length. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]

/** Why `url` may not be fetched; undefined when it may. */
export function refusedUrl(url: URL): string | undefined {
  if (url.protocol !== "https:") return `the scheme ${url.protocol.slice(0, -1)}, expected https`
  if (url.username !== "" || url.password !== "") return "a user name in the URL, expected none"
  const host = url.hostname.replace(/\.$/, "")
  // The URL parser has already turned decimal, octal, hexadecimal and shortened IPv4 addresses into four numbers.
  if (isIPv4(host)) return isPrivateV4(host) ? `the private address ${host}, expected a public one` : undefined
  if (host.startsWith("[")) {
    const address = host.slice(1, -1)
    return isPrivateV6(address) ? `the private address ${address}, expected a public one` : undefined
  }
  if (!host.includes(".") || PRIVATE_NAMES.test(host)) return `the private name ${host}, expected a public one`
  return undefined
}

function isPrivateV4(address: string): boolean {
  const value = v4Number(address)
  return PRIVATE_V4.some(
    ([network, bits]) => Math.floor(value / 2 ** (32 - bits)) === v4Number(network) / 2 ** (32 - bits),
  )
}

function v4Number(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0)
}

/** Only 2000::/3 is public, and of that not the parts that lead to an IPv4 address or nowhere. */
function isPrivateV6(address: string): boolean {
  if (!isIPv6(address)) return true
  const groups = v6Groups(address)
  const [first = 0, second = 0] = groups
  const teredo = first === 0x2001 && second < 0x200
  const documentation = (first === 0x2001 && second === 0xdb8) || (first === 0x3fff && second < 0x1000)
  const sixToFour = first === 0x2002
  return (first & 0xe000) !== 0x2000 || teredo || documentation || sixToFour
}

/** The eight groups of an address as the URL parser writes it: hexadecimal, with at most one `::`. */
function v6Groups(address: string): number[] {
  const [head = "", tail] = address.split("::")
  const read = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)))
  const before = read(head)
  if (tail === undefined) return before
  const after = read(tail)
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}
