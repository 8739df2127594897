// Text that the build makes and embeds.
declare module "*.md" {
  const text: string;
  export default text;
}
