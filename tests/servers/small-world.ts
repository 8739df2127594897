// Stands here until nobody imports it from its old place: it lives in tests/support.
export * from "../support/oauth/small-world.ts";
