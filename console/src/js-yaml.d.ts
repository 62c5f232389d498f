/** The part of js-yaml that the console uses. */
declare module "js-yaml" {
  interface Options {
    schema?: unknown;
    lineWidth?: number;
    noRefs?: boolean;
  }
  export const CORE_SCHEMA: unknown;
  export function load(text: string, options?: Options): unknown;
  export function dump(value: unknown, options?: Options): string;
}
