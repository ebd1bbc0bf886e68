/** An imported PNG file is its bytes: `wrangler.toml` has a rule of type Data for it, and the tests a plugin. */
declare module "*.png" {
  const bytes: ArrayBuffer
  export default bytes
}
