/**
 * A pipeline with a `map` in the middle: research, an outline, a draft and an edit of every section, several at once, then
 * links between the sections, and publishing. Shows how steps feed each other, and a list whose length a model decides.
 */
import { tool, workflow } from "waybill"
import { z } from "zod"

const article = z.object({ title: z.string(), markdown: z.string() })

const section = z.object({
  heading: z.string().describe("Short heading of a section"),
  points: z.array(z.string()).describe("What the section says, one point each"),
})

/** Sends the article to `PUBLISH_URL`; without that variable nothing is sent and the article is only the run's output. */
const publish = tool({
  name: "publish",
  description: "Publishes an article.",
  input: article,
  output: z.object({ published: z.boolean(), url: z.string().optional() }),
  effect: "idempotent",
  timeout: "20s",
  async run({ input, idempotencyKey, signal, secrets, fetch }) {
    const url = secrets.PUBLISH_URL
    if (url === undefined) return { published: false }
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey }
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(input), signal })
    if (!answer.ok) throw new Error(`${url} answered with status ${answer.status}.`)
    return { published: true, url: answer.headers.get("location") ?? url }
  },
})

export const contentPipeline = workflow("content-pipeline", {
  version: 1,
  description: "Researches a topic, outlines an article, writes and edits its sections side by side, and publishes it.",
  input: z.object({ topic: z.string().min(3), notes: z.string() }),
  examples: {
    durability: {
      topic: "What durable execution is",
      notes:
        "A durable program writes down each step before it goes on. After a crash it reads what it wrote and continues. " +
        "Retries are safe when calls carry an idempotency key. Waiting costs nothing when it is not a process that waits.",
    },
  },
})
  .generate("research", {
    system: "You collect facts for an article. Give a list of claims, one per line, and nothing else.",
    prompt: ({ input }) => `Topic: ${input.topic}\n\nNotes:\n${input.notes}`,
    template: ({ input }) => input.notes,
  })
  .plan("outline", {
    system: "You outline an article of two to six sections from the facts given, and add no facts.",
    prompt: ({ input, research }) => `Topic: ${input.topic}\n\nFacts:\n${research.text}`,
    output: z.object({ title: z.string().describe("Title of the article"), sections: z.array(section).max(6) }),
  })
  .map("sections", {
    over: ({ outline }) => outline.sections,
    concurrency: 3,
    each: (g) =>
      g
        .generate("draft", {
          prompt: ({ item, research }) =>
            `Write the section "${item.heading}".\nPoints:\n${item.points.join("\n")}\n\nFacts:\n${research.text}`,
          template: ({ item }) => item.points.join(" "),
        })
        .generate("edit", {
          prompt: ({ draft }) => `Tighten this text. Change no facts.\n\n${draft.text}`,
          template: ({ draft }) => draft.text.trim(),
        })
        .output(({ item, edit }) => ({ heading: item.heading, text: edit.text })),
  })
  .code("linked", ({ outline, sections }) => {
    const contents = sections.map(({ heading }) => `- [${heading}](#${anchor(heading)})`).join("\n")
    const body = sections.map(({ heading, text }) => `## ${heading}\n\n${text}`).join("\n\n")
    return { title: outline.title, markdown: `# ${outline.title}\n\n${contents}\n\n${body}\n` }
  })
  .tool("publish", publish, ({ linked }) => linked)
  .output(({ linked, publish }) => ({ ...linked, ...publish }))

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
}
