import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Names that come again and again (steps, agents, models, kinds) as small numbers: a step's row is half as long. */
const maximumKnown = 50_000;

export class DictWriter {
  private readonly known = new Map<string, number>();
  private readonly find;
  private readonly insert;

  constructor(database: WritableDatabase) {
    this.find = database.prepare<[string], number>('SELECT id FROM dict WHERE text = ?').pluck();
    this.insert = database.prepare<[string]>('INSERT INTO dict (text) VALUES (?)');
  }

  id(text: string): number {
    let id = this.known.get(text);
    if (id === undefined) {
      id = this.find.get(text) ?? Number(this.insert.run(text).lastInsertRowid);
      if (this.known.size >= maximumKnown) this.known.clear();
      this.known.set(text, id);
    }
    return id;
  }

  /** After a rollback. */
  forget(): void {
    this.known.clear();
  }
}

/** Entries never change, so that they can be remembered for good. */
export class DictReader {
  private readonly known = new Map<number, string>();
  private readonly find;

  constructor(database: ReadableDatabase) {
    this.find = database.prepare<[number], string>('SELECT text FROM dict WHERE id = ?').pluck();
  }

  text(id: number): string {
    let text = this.known.get(id);
    if (text === undefined) {
      text = this.find.get(id);
      if (text === undefined) throw new Error(`The library has no name ${id}: it is damaged`);
      if (this.known.size >= maximumKnown) this.known.clear();
      this.known.set(id, text);
    }
    return text;
  }
}
