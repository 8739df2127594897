// What the conformance suite's server scenarios want to see, whatever the era of the server that says it.

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";
const NO_SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";

const text = (said: string) => ({ type: "text" as const, text: said });
export const says = (said: string) => ({ content: [text(said)] });
const image = { type: "image" as const, data: PIXEL, mimeType: "image/png" };
const embedded = (uri: string, mimeType: string, said: string) => ({
  type: "resource" as const,
  resource: { uri, mimeType, text: said },
});

/** Tools whose answer is always the same. */
export const FIXED_TOOLS = {
  test_simple_text: [text("This is a simple text response for testing.")],
  test_image_content: [image],
  test_audio_content: [{ type: "audio" as const, data: NO_SOUND, mimeType: "audio/wav" }],
  test_embedded_resource: [
    embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
  ],
  test_multiple_content_types: [
    text("Multiple content types test:"),
    image,
    embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
  ],
  test_streaming_elicitation: [text("nothing was asked")],
};

/** Resources whose content is always the same, with what `resources/read` gives. */
export const FIXED_RESOURCES = [
  {
    name: "static-text",
    uri: "test://static-text",
    mimeType: "text/plain",
    content: { text: "This is the content of the static text resource." },
  },
  { name: "static-binary", uri: "test://static-binary", mimeType: "image/png", content: { blob: PIXEL } },
  {
    name: "watched",
    uri: "test://watched-resource",
    mimeType: "text/plain",
    content: { text: "Subscribe to it." },
  },
];

export const TEMPLATE = "test://template/{id}/data";
export const templateContent = (uri: string, id: string) => ({
  uri,
  mimeType: "application/json",
  text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
});

const asUser = <Content>(content: Content) => ({ role: "user" as const, content });

/** Prompts, by name: their arguments, and the messages made of these. */
export const PROMPTS: Record<
  string,
  { args: string[]; messages: (args: Record<string, string>) => object[] }
> = {
  test_simple_prompt: { args: [], messages: () => [asUser(text("This is a simple prompt for testing."))] },
  test_prompt_with_arguments: {
    args: ["arg1", "arg2"],
    messages: ({ arg1, arg2 }) => [asUser(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  },
  test_prompt_with_embedded_resource: {
    args: ["resourceUri"],
    messages: ({ resourceUri = "" }) => [
      asUser(embedded(resourceUri, "text/plain", "Embedded resource content for testing.")),
      asUser(text("Please process the embedded resource above.")),
    ],
  },
  test_prompt_with_image: {
    args: [],
    messages: () => [asUser(image), asUser(text("Please analyze the image above."))],
  },
};

/** A form with one required text field. */
export const form = (field: string) => ({
  type: "object" as const,
  properties: { [field]: { type: "string" as const } },
  required: [field],
});

export const CONFIRM_FORM = {
  type: "object" as const,
  properties: { ok: { type: "boolean" as const } },
  required: ["ok"],
};

export const CONTACT_FORM = {
  type: "object" as const,
  properties: {
    username: { type: "string" as const, description: "User's response" },
    email: { type: "string" as const, description: "User's email address" },
  },
  required: ["username", "email"],
};

/** A default for each primitive type (SEP-1034). */
export const DEFAULTS_FORM = {
  type: "object" as const,
  properties: {
    name: { type: "string" as const, default: "John Doe" },
    age: { type: "integer" as const, default: 30 },
    score: { type: "number" as const, default: 95.5 },
    status: { type: "string" as const, enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean" as const, default: true },
  },
};

const titled = (what: string) =>
  ["First", "Second", "Third"].map((nth, at) => ({ const: `value${at + 1}`, title: `${nth} ${what}` }));

/** Each kind of choice (SEP-1330). */
export const CHOICES_FORM = {
  type: "object" as const,
  properties: {
    untitledSingle: { type: "string" as const, enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string" as const, oneOf: titled("Option") },
    legacyEnum: {
      type: "string" as const,
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: {
      type: "array" as const,
      items: { type: "string" as const, enum: ["option1", "option2", "option3"] },
    },
    titledMulti: { type: "array" as const, items: { anyOf: titled("Choice") } },
  },
};

/** Words of JSON Schema 2020-12 that must come through unchanged (SEP-1613, SEP-2106). */
export const SCHEMA_2020_12 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object" as const,
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

export const CAPITAL_QUESTION = {
  messages: [asUser(text("What is the capital of France?"))],
  maxTokens: 100,
};
export const GREETING_QUESTION = { messages: [asUser(text("Generate a greeting"))], maxTokens: 50 };

/** A parameter that is mirrored into a header (SEP-2243). */
export const MIRRORED_SCHEMA = {
  type: "object" as const,
  properties: { region: { type: "string" as const, "x-mcp-header": "Region" } },
};
