import type { TextToFind } from '../../../../shared/model/find-text.ts';
import { findingKinds } from '../../../../shared/model/finding.ts';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import { queryProblemWords } from '../../../../shared/query/query-words.ts';
import { textsToFind, timeOf, wordsOfQuery } from '../../../../shared/query/query.ts';
import type {
  ChoiceTerm,
  FigureTerm,
  PatternTerm,
  Query,
  QueryTerm,
  TextTerm,
} from '../../../../shared/query/query.ts';
import { Refused } from '../../base/faults.ts';
import { findingRows } from '../followers/finding-rows.ts';
import { runsWithText } from '../followers/run-follower.ts';
import { likeAnywhere, likePattern } from '../like-pattern.ts';
import type { LibraryReader } from '../reader.ts';
import { ownRunId } from '../run-rows.ts';
import { joinSql, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';
import { runsWithArguments } from './tool-arguments.ts';

/** Throws Refused, with what is wrong and what would be right. */
export function readQuery(text: string): Query {
  const parsed = parseQuery(text);
  if (parsed.ok) return parsed.query;
  throw new Refused(parsed.problems.map(queryProblemWords).join(' '));
}

/** What a query asks of a row of `run`. Throws Refused where it asks for too much to be looked through. */
export function queryConditions(reader: LibraryReader, query: Query): SqlQuery {
  const texts = wordsOfQuery(query);
  const conditions = [sql`assembled = 1`, ...fieldConditions(reader, query)];
  if (texts.length > 0) conditions.push(textCondition(reader, texts));
  return joinSql(conditions, ' AND ');
}

/** As `queryConditions`, without the words that are to be found. */
export function fieldConditions(reader: LibraryReader, { terms }: Query): readonly SqlQuery[] {
  return terms
    .filter((term) => term.kind !== 'text' || term.isNegated)
    .map((term) => {
      const condition = termCondition(reader, term);
      // A figure that is not known is neither more nor less: what must not be so is then not so.
      return term.isNegated ? sql`NOT coalesce((${condition}), 0)` : sql`(${condition})`;
    });
}

function termCondition(reader: LibraryReader, term: QueryTerm): SqlQuery {
  switch (term.kind) {
    case 'text':
      return textCondition(reader, [term]);
    case 'choice':
      return choiceCondition(reader, term);
    case 'pattern':
      return patternCondition(reader, term);
    case 'figure':
      return figureCondition(term);
    case 'time': {
      const startUs = Math.round(timeOf(term.time, Date.now()) * 1_000);
      return term.key === 'since' ? sql`start_us >= ${startUs}` : sql`start_us < ${startUs}`;
    }
    default:
      return term satisfies never;
  }
}

function textCondition({ contentSearch }: LibraryReader, terms: readonly TextTerm[]): SqlQuery {
  const texts = textsToFind(terms);
  const inNames = texts.map(nameCondition);
  const conditions = [sql`(${joinSql(inNames, ' AND ')})`];
  const runs = contentSearch.runs(texts);
  if (runs) conditions.push(sql`id IN (SELECT value FROM json_each(${JSON.stringify(runs)}))`);
  return sql`(${joinSql(conditions, ' OR ')})`;
}

/** Also inside a word, and before the run is indexed. */
function nameCondition({ text, isBeginning }: TextToFind): SqlQuery {
  const pattern = likeAnywhere(isBeginning && text.endsWith('*') ? text.slice(0, -1) : text);
  const columns = ['name', 'own_name', 'note', 'tags', 'agent', 'service', 'models', 'conversation_id', 'run_id'];
  return sql`(${joinSql(
    columns.map((column) => sql`coalesce(${sqlName(column)}, '') LIKE ${pattern} ESCAPE '\\'`),
    ' OR ',
  )})`;
}

const inNumbers = (runs: readonly number[]): SqlQuery =>
  sql`id IN (SELECT value FROM json_each(${JSON.stringify(runs)}))`;

function choiceCondition({ kept }: LibraryReader, { key, values }: ChoiceTerm): SqlQuery {
  switch (key) {
    case 'status':
      return sql`status IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
    case 'pinned':
      return sql`pinned IN (SELECT value = 'yes' FROM json_each(${JSON.stringify(values)}))`;
    case 'is':
      return any(values, (value) => (value === 'take' ? sql`parent_run_id IS NOT NULL` : sql`pinned = 1`));
    case 'differs':
      return differsFromParent;
    case 'has':
      return any(values, (value) => {
        if (value === 'error') return sql`errors > 0`;
        if (value === 'note') return sql`note IS NOT NULL`;
        if (value === 'tags') return sql`tags <> '[]'`;
        if (value === 'takes')
          return sql`run_id IN (SELECT ${ownRunId(sqlName('child.parent_run_id'))} FROM run AS child WHERE child.assembled = 1 AND child.parent_run_id IS NOT NULL)`;
        return inNumbers(runsWithText(kept, findingRows, 'kind', value === 'finding' ? findingKinds : [value]));
      });
    default:
      return key satisfies never;
  }
}

/** A take whose steps, as its timeline shows them, are others than its parent's: other steps, another outcome, another beginning of what they did. */
const differsFromParent = sql`parent_run_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM run AS parent WHERE parent.assembled = 1 AND parent.run_id = ${ownRunId(sqlName('run.parent_run_id'))} AND (
    (SELECT count(*) FROM step WHERE step.run = parent.id AND hidden = 0) <> (SELECT count(*) FROM step WHERE step.run = run.id AND hidden = 0)
    OR EXISTS (
      SELECT 1 FROM (SELECT row_number() OVER (ORDER BY step) AS place, kind, name, status, preview FROM step WHERE step.run = run.id AND hidden = 0) AS own
      JOIN (SELECT row_number() OVER (ORDER BY step) AS place, kind, name, status, preview FROM step WHERE step.run = parent.id AND hidden = 0) AS theirs USING (place)
      WHERE own.kind <> theirs.kind OR own.name <> theirs.name OR own.status <> theirs.status OR own.preview IS NOT theirs.preview)))`;

function patternCondition(reader: LibraryReader, { key, values }: PatternTerm): SqlQuery {
  const like = (column: string): SqlQuery =>
    any(values, (value) => sql`${sqlName(column)} LIKE ${likePattern(value)} ESCAPE '\\'`);
  switch (key) {
    case 'agent':
      return like('agent');
    case 'name':
      return sql`${like('name')} OR ${like('own_name')}`;
    case 'tag':
      return sql`id IN (SELECT run FROM run_tag WHERE ${like('tag')})`;
    case 'conversation':
      return like('conversation_id');
    case 'model':
      return sql`id IN (SELECT run FROM run_model WHERE ${like('model')})`;
    case 'client':
      return any(
        values,
        (value) =>
          sql`service LIKE ${likePattern(value)} ESCAPE '\\' OR conventions LIKE ${`%"${likePattern(value)}"%`} ESCAPE '\\'`,
      );
    case 'tool':
      return inNumbers(reader.contentSearch.runsWithTool(values) ?? []);
    case 'args':
      return inNumbers(values.flatMap((value) => runsWithArguments(reader, value)));
    default:
      return key satisfies never;
  }
}

function figureCondition({ key, relation, value }: FigureTerm): SqlQuery {
  const beyond = sqlName(relation);
  switch (key) {
    case 'cost':
      return sql`cost_usd ${beyond} ${value}`;
    case 'duration':
      return sql`duration_us ${beyond} ${value * 1_000}`;
    case 'tokens':
      return sql`CASE WHEN input IS NOT NULL OR output IS NOT NULL THEN coalesce(input, 0) + coalesce(output, 0) END ${beyond} ${value}`;
    case 'input':
    case 'output':
    case 'errors':
      return sql`${sqlName(key)} ${beyond} ${value}`;
    case 'steps':
      return sql`shown_steps ${beyond} ${value}`;
    default:
      return key satisfies never;
  }
}

const any = (values: readonly string[], condition: (value: string) => SqlQuery): SqlQuery =>
  joinSql(
    values.map((value) => sql`(${condition(value)})`),
    ' OR ',
  );
