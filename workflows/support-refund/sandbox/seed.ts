/**
 * What the sandbox knows before anybody calls it: the customers who appear in the shipped screenshots and in the test
 * variants, with the charges that those screens show. Ids hold digits that OCR does not confuse.
 * Invariant: a customer's charges agree with the screen named beside it (a test reads the pages).
 */

export type Currency = "usd" | "eur" | "gbp"

export interface SeedCustomer {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly product: string
  /** All times are ISO 8601. */
  readonly createdAt: string
  readonly paymentMethod: string
  readonly subscription: {
    readonly id: string
    readonly plan: string
    readonly amountCents: number
    readonly currency: Currency
    readonly period: readonly [start: string, end: string]
  }
  /** Use of the product in the current period; a limit of null means unlimited. */
  readonly usage: Readonly<Record<string, readonly [used: number, limit: number | null]>>
  readonly charges: readonly (readonly [id: string, createdAt: string, amountCents: number, description: string])[]
}

export const seedCustomers: readonly SeedCustomer[] = [
  {
    // double-charge.png
    id: "cus_58294",
    name: "Maya Torres",
    email: "maya.torres@brightfield.example",
    product: "Fernwick",
    createdAt: "2025-03-03T09:12:00Z",
    paymentMethod: "Visa ending 4242",
    subscription: {
      id: "sub_27463",
      plan: "Team",
      amountCents: 2900,
      currency: "usd",
      period: ["2026-11-03T09:14:00Z", "2026-12-03T09:14:00Z"],
    },
    usage: { projects: [7, 25], seats: [4, 5] },
    charges: [
      ["ch_724936", "2026-11-03T09:14:06Z", 2900, "Team plan, monthly"],
      ["ch_583247", "2026-11-03T09:14:02Z", 2900, "Team plan, monthly"],
      ["ch_496382", "2026-10-03T09:14:03Z", 2900, "Team plan, monthly"],
      ["ch_372849", "2026-09-03T09:14:02Z", 2900, "Team plan, monthly"],
      ["ch_648273", "2026-08-03T09:14:04Z", 2900, "Team plan, monthly"],
    ],
  },
  {
    // error-page.png
    id: "cus_47362",
    name: "Owen Baker",
    email: "owen.baker@stonebridge.example",
    product: "Fernwick",
    createdAt: "2026-01-19T13:40:00Z",
    paymentMethod: "Visa ending 6258",
    subscription: {
      id: "sub_38574",
      plan: "Starter",
      amountCents: 1200,
      currency: "usd",
      period: ["2026-10-19T13:42:00Z", "2026-11-19T13:42:00Z"],
    },
    usage: { projects: [3, 5], seats: [1, 1] },
    charges: [
      ["ch_263748", "2026-10-19T13:42:03Z", 1200, "Starter plan, monthly"],
      ["ch_374859", "2026-09-19T13:42:05Z", 1200, "Starter plan, monthly"],
    ],
  },
  {
    // abusive-message.png
    id: "cus_69473",
    name: "Greg Halden",
    email: "greg.halden@ironworks.example",
    product: "Fernwick",
    createdAt: "2026-06-24T17:05:00Z",
    paymentMethod: "Mastercard ending 3947",
    subscription: {
      id: "sub_49685",
      plan: "Team",
      amountCents: 2900,
      currency: "usd",
      period: ["2026-10-24T17:06:00Z", "2026-11-24T17:06:00Z"],
    },
    usage: { projects: [11, 25], seats: [5, 5] },
    charges: [
      ["ch_485926", "2026-10-24T17:06:02Z", 2900, "Team plan, monthly"],
      ["ch_596237", "2026-09-24T17:06:04Z", 2900, "Team plan, monthly"],
    ],
  },
  {
    // double-charge-dark.png
    id: "cus_83645",
    name: "Lena Vogel",
    email: "lena.vogel@waldhaus.example",
    product: "Oakmere Cloud",
    createdAt: "2024-09-12T07:30:00Z",
    paymentMethod: "SEPA direct debit",
    subscription: {
      id: "sub_52796",
      plan: "Studio",
      amountCents: 4900,
      currency: "eur",
      period: ["2026-11-12T07:31:00Z", "2026-12-12T07:31:00Z"],
    },
    usage: { servers: [3, 6], storageGb: [412, 500] },
    charges: [
      ["ch_935728", "2026-11-12T07:31:09Z", 4900, "Studio plan, November"],
      ["ch_846293", "2026-11-12T07:31:05Z", 4900, "Studio plan, November"],
      ["ch_762439", "2026-10-12T07:31:04Z", 4900, "Studio plan, October"],
      ["ch_684527", "2026-09-28T15:26:40Z", 850, "Extra storage, 250 GB"],
      ["ch_573926", "2026-09-12T07:31:06Z", 4900, "Studio plan, September"],
    ],
  },
  {
    // double-charge-mobile.png
    id: "cus_27493",
    name: "Priya Nair",
    email: "priya.nair@kitestring.example",
    product: "Plumbline",
    createdAt: "2025-08-18T11:02:00Z",
    paymentMethod: "Mastercard ending 5454",
    subscription: {
      id: "sub_63845",
      plan: "Business",
      amountCents: 12900,
      currency: "usd",
      period: ["2026-11-18T11:03:00Z", "2026-12-18T11:03:00Z"],
    },
    usage: { seats: [13, 15], reports: [248, null] },
    charges: [
      ["ch_394857", "2026-11-18T11:03:41Z", 12900, "Business plan"],
      ["ch_472635", "2026-11-18T11:03:38Z", 12900, "Business plan"],
      ["ch_538926", "2026-11-06T16:27:12Z", 2400, "Extra seat"],
      ["ch_627384", "2026-10-18T11:03:39Z", 12900, "Business plan"],
    ],
  },
  {
    // double-charge-statement.png
    id: "cus_94728",
    name: "Tom Whitfield",
    email: "tom.whitfield@harborpost.example",
    product: "Inkwell",
    createdAt: "2026-05-09T18:20:00Z",
    paymentMethod: "Visa ending 7364",
    subscription: {
      id: "sub_74952",
      plan: "Writer",
      amountCents: 1850,
      currency: "gbp",
      period: ["2026-11-09T18:21:00Z", "2026-12-09T18:21:00Z"],
    },
    usage: { documents: [38, null] },
    charges: [
      ["ch_475639", "2026-11-14T10:46:23Z", 1275, "Printed book, one copy"],
      ["ch_368594", "2026-11-09T18:21:07Z", 1850, "Writer subscription"],
      ["ch_259483", "2026-11-09T18:21:03Z", 1850, "Writer subscription"],
    ],
  },
  {
    // charges-differ.png
    id: "cus_36824",
    name: "Nadia Rahman",
    email: "nadia.rahman@copperleaf.example",
    product: "Quillmark",
    createdAt: "2025-02-07T08:15:00Z",
    paymentMethod: "Visa ending 2936",
    subscription: {
      id: "sub_85263",
      plan: "Growth",
      amountCents: 6400,
      currency: "usd",
      period: ["2026-11-07T08:16:00Z", "2026-12-07T08:16:00Z"],
    },
    usage: { seats: [12, 12], surveys: [9, 40] },
    charges: [
      ["ch_836475", "2026-11-07T08:16:04Z", 6400, "Growth plan, monthly"],
      ["ch_927364", "2026-11-07T14:52:30Z", 2350, "Two added seats"],
      ["ch_745382", "2026-10-07T08:16:03Z", 6400, "Growth plan, monthly"],
      ["ch_653928", "2026-09-07T08:16:05Z", 6400, "Growth plan, monthly"],
    ],
  },
  {
    // error-page-export.png
    id: "cus_72643",
    name: "Samir Haddad",
    email: "samir.haddad@northquay.example",
    product: "Tallybook",
    createdAt: "2025-11-26T12:00:00Z",
    paymentMethod: "Visa ending 8352",
    subscription: {
      id: "sub_96374",
      plan: "Ledger",
      amountCents: 3600,
      currency: "usd",
      period: ["2026-10-26T12:01:00Z", "2026-11-26T12:01:00Z"],
    },
    usage: { exports: [14, 50], companies: [2, 3] },
    charges: [["ch_247385", "2026-10-26T12:01:03Z", 3600, "Ledger plan, monthly"]],
  },
  {
    // abusive-message-chat.png
    id: "cus_48539",
    name: "Rick Dolan",
    email: "rick.dolan@steelgate.example",
    product: "Sandglass",
    createdAt: "2026-08-27T20:10:00Z",
    paymentMethod: "Mastercard ending 7429",
    subscription: {
      id: "sub_35847",
      plan: "Solo",
      amountCents: 900,
      currency: "usd",
      period: ["2026-10-27T20:11:00Z", "2026-11-27T20:11:00Z"],
    },
    usage: { timers: [6, 10] },
    charges: [["ch_358496", "2026-10-27T20:11:05Z", 900, "Solo plan, monthly"]],
  },
  {
    // billing-question.png
    id: "cus_62947",
    name: "Clara Jensen",
    email: "clara.jensen@meadowlane.example",
    product: "Fernwick",
    createdAt: "2025-06-29T10:05:00Z",
    paymentMethod: "Visa ending 9284",
    subscription: {
      id: "sub_24736",
      plan: "Team",
      amountCents: 2900,
      currency: "usd",
      period: ["2026-10-29T10:06:00Z", "2026-11-29T10:06:00Z"],
    },
    usage: { projects: [5, 25], seats: [3, 5] },
    charges: [
      ["ch_469527", "2026-10-29T10:06:04Z", 2900, "Team plan, monthly"],
      ["ch_579638", "2026-09-29T10:06:02Z", 2900, "Team plan, monthly"],
    ],
  },
]
