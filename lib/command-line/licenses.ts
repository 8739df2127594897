import notices from "../../build/THIRD-PARTY.md" with { type: "text" };

/** The notices that go with the executable; the build makes them. */
export const NOTICES: string = notices;
