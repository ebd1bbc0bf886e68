/** Logistic regression on unit vectors: a head that says how likely a text carries a label. Deterministic. */
import { dot } from "../embed/similarity.ts"

export interface Head {
  readonly weights: Float32Array
  readonly bias: number
}

const STEPS = 300
const LEARNING_RATE = 8
/** How much of the say the labelled lines have, few as they are. Less than half: a false alarm costs more here than a miss. */
const LABELLED_SHARE = 0.35
/** Pulls the weights to zero: there are more dimensions than lines. */
const DECAY = 0.0003

/**
 * Fits one head by full-batch gradient descent. Labelled lines have a fixed share of the say, however few they are, so
 * that a rare label is not learned away.
 */
export function trainHead(vectors: readonly Float32Array[], isLabelled: readonly boolean[]): Head {
  const weights = new Float32Array(vectors[0]?.length ?? 0)
  let bias = 0
  const labelled = isLabelled.filter(Boolean).length
  const weightOf = (label: boolean): number =>
    label ? LABELLED_SHARE / Math.max(1, labelled) : (1 - LABELLED_SHARE) / Math.max(1, vectors.length - labelled)
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = new Float32Array(weights.length)
    let biasGradient = 0
    for (const [line, vector] of vectors.entries()) {
      const label = isLabelled[line] ?? false
      const error = (sigmoid(dot(weights, vector) + bias) - (label ? 1 : 0)) * weightOf(label)
      biasGradient += error
      for (let index = 0; index < gradient.length; index += 1)
        gradient[index] = (gradient[index] ?? 0) + error * (vector[index] ?? 0)
    }
    for (let index = 0; index < weights.length; index += 1) {
      const weight = weights[index] ?? 0
      weights[index] = weight - LEARNING_RATE * ((gradient[index] ?? 0) + DECAY * weight)
    }
    bias -= LEARNING_RATE * biasGradient
  }
  return { weights, bias }
}

/** 0 to 1. */
export function scoreOf(head: Head, vector: Float32Array): number {
  return sigmoid(dot(head.weights, vector) + head.bias)
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
