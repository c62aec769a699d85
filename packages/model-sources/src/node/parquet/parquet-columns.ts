import { nearest } from "@plumbline/core";
import type { SchemaTree } from "hyparquet";
import { fileError, quote } from "../../errors.ts";
import type { OpenParquet } from "./open-parquet.ts";

const from = "parquetFileSource()";

/** The type of what a column holds, as `list of FLOAT`. */
function describe({ element, children }: SchemaTree): string {
  const [only, ...others] = children;
  const repeated = element.repetition_type === "REPEATED" ? "list of " : "";
  if (only !== undefined && others.length === 0) return `${repeated}${describe(only)}`;
  if (only !== undefined) return `${repeated}group`;
  return `${repeated}${element.logical_type?.type === "FLOAT16" ? "FLOAT16" : (element.type ?? "nothing")}`;
}

function columnOf(file: OpenParquet, name: string, option: string): SchemaTree {
  const found = file.columns.get(name);
  if (found !== undefined) return found;
  const names = [...file.columns.keys()];
  const near = nearest(name, names);
  throw fileError({
    code: "unknown-column",
    message: `${from}: the file has no column ${quote(name)}`,
    where: file.path,
    hint: `${near === undefined ? "" : `did you mean ${quote(near)}? `}pass ${option}: one of ${names.slice(0, 20).map(quote).join(", ")}`,
  });
}

function refuseType(file: OpenParquet, name: string, expected: string, got: string): never {
  throw fileError({
    code: "unsupported-dtype",
    message: `${from}: expected column ${quote(name)} to hold ${expected}, got ${got}`,
    where: file.path,
    hint: `the file has ${[...file.columns]
      .slice(0, 20)
      .map(([other, tree]) => `${quote(other)} (${describe(tree)})`)
      .join(", ")}`,
  });
}

/** @returns the type of the column's numbers */
export function checkListColumn(file: OpenParquet, name: string): string {
  const type = describe(columnOf(file, name, "column"));
  if (/^list of (FLOAT|DOUBLE|FLOAT16)$/.test(type)) return type.slice("list of ".length);
  return refuseType(file, name, "a list of floats", type);
}

export function checkIntegerColumn(file: OpenParquet, name: string, option: string): void {
  const type = describe(columnOf(file, name, option));
  if (!/^INT(32|64)$/.test(type)) refuseType(file, name, "integers", type);
}

/** Writes the numbers of one row. */
export function copyRow(
  value: unknown,
  into: Float32Array,
  row: { readonly name: string; readonly where: string },
): void {
  const refuse = (got: string): never => {
    throw fileError({
      code: "bad-row",
      message: `${from}: expected ${into.length} numbers in column ${quote(row.name)}, got ${got}`,
      where: row.where,
      hint: "all rows must be as wide as the first, without nulls",
    });
  };
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) refuse(value == null ? "null" : typeof value);
  const list = value as ArrayLike<unknown>;
  if (list.length !== into.length) refuse(`${list.length}`);
  for (let i = 0; i < into.length; i++) {
    const number = list[i];
    if (typeof number !== "number") refuse(`${number == null ? "null" : typeof number} at place ${i}`);
    into[i] = number as number;
  }
}

/** A value of a column of integers, as int32. */
export function integerOf(value: unknown, row: { readonly name: string; readonly where: string }): number {
  const number = typeof value === "bigint" || typeof value === "number" ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number === (number | 0)) return number;
  throw fileError({
    code: "bad-row",
    message: `${from}: expected an integer of 32 bits in column ${quote(row.name)}, got ${value == null ? "null" : String(value)}`,
    where: row.where,
    hint: "token ids and positions are integers below 2147483648, one for each row",
  });
}
