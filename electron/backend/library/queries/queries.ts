import type { FunctionsOver } from '../../base/functions.ts';
import type { LibraryReader } from '../reader.ts';
import { countBeyond } from './beyond-keeping.ts';
import { readCostAttributes, readCosts, readSpend } from './costs.ts';
import { readAgentNames, readDaySpend, readRecentCosts } from './day-spend.ts';
import { keptSize, libraryFigures } from './figures.ts';
import { groupRuns } from './grouped-runs.ts';
import { previousRun } from './previous-run.ts';
import { readProofs } from './proof-takes.ts';
import { findExchange, findRecording, heldCalls, recordedCalls } from './recordings.ts';
import { lastRepricing, pendingRepricing } from './repriced.ts';
import { findRuns, readRun, runsById, runsOfConversations } from './run-detail.ts';
import { listRuns, runFacets, runTotals } from './run-list.ts';
import { queryNames, searchInRun, searchRuns } from './search.ts';
import { librarySizes } from './sizes.ts';
import { stepSums } from './step-sums.ts';
import { readPackedStepTable } from './step-table.ts';
import { takeTree } from './take-tree.ts';

/** The library's own queries, as the threads that read offer them. A new one is a line here. */
export const libraryQueries = {
  figures: libraryFigures,
  costs: readCosts,
  costAttributes: readCostAttributes,
  spend: readSpend,
  proofs: readProofs,
  repriced: lastRepricing,
  pendingRepricing,
  daySpend: readDaySpend,
  agentNames: readAgentNames,
  recentCosts: readRecentCosts,
  keptSize,
  librarySizes,
  countBeyond,
  list: listRuns,
  groups: groupRuns,
  totals: runTotals,
  facets: runFacets,
  run: readRun,
  find: findRuns,
  many: runsById,
  ofConversations: runsOfConversations,
  previousRun,
  searchRuns,
  searchInRun,
  queryNames,
  stepTable: readPackedStepTable,
  stepSums,
  recording: findRecording,
  exchange: findExchange,
  recordedCalls,
  heldCalls,
  takeTree,
} satisfies FunctionsOver<LibraryReader>;
