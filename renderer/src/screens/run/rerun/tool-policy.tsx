import { TriangleAlert } from 'lucide-react';
import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { PlannedTool, TakePlan, ToolAction } from '../../../../../shared/model/take.ts';
import { classNames } from '../../../lib/class-names.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { Callout } from '../../../ui/callout.tsx';
import { Select } from '../../../ui/select.tsx';
import section from './how-section.module.css';
import styles from './tool-policy.module.css';

const actions: readonly { readonly value: ToolAction; readonly label: string }[] = [
  { value: 'recorded', label: 'recorded' },
  { value: 'dry', label: 'recorded, then live' },
  { value: 'live', label: 'runs' },
  { value: 'ask', label: 'ask me' },
  { value: 'deny', label: 'deny' },
];

export interface ToolPolicyProps {
  readonly tools: readonly PlannedTool[];
  readonly chosen: ReadonlyMap<string, ToolAction>;
  readonly onChange: (tool: string, action: ToolAction) => void;
}

/** What happens when a tool is called, tool by tool: what the rule is, and whether anything holds the agent to it. */
export function ToolPolicy({ tools, chosen, onChange }: ToolPolicyProps) {
  const real = tools.filter((tool) => runsForReal(tool, chosen.get(tool.name)) && tool.count > 0);
  return (
    <details className={section.section}>
      <summary className={section.sectionTitle}>
        Tools{' '}
        <span className={section.quiet}>
          · {formatQuantity(tools.length, 'tool')}
          {real.length > 0 ? ` · ${real.length} will run for real` : ''}
        </span>
      </summary>
      {tools.length === 0 && (
        <p className={section.note}>
          The recording calls no tool before this step. Tools that the model asks for later are run by your agent.
        </p>
      )}
      {tools.length > 0 && (
        <table className={styles.tools}>
          <thead className="visually-hidden">
            <tr>
              <th>Tool</th>
              <th>Calls before the fork</th>
              <th>What is done</th>
            </tr>
          </thead>
          <tbody>
            {tools.map((tool) => (
              <tr key={tool.name}>
                <th scope="row" title={tool.examples.join('\n')}>
                  <span className={section.toolName}>{tool.name}</span>
                  <span className={section.toolNote}>
                    {effectWords(tool)} · {enforcedWords(tool, chosen.get(tool.name) ?? tool.action)}
                  </span>
                </th>
                <td className={styles.count}>×{tool.count}</td>
                <td>
                  <Select
                    label={`When ${tool.name} is called`}
                    value={chosen.get(tool.name) ?? tool.action}
                    options={actions}
                    onChange={(action) => onChange(tool.name, action)}
                    className={styles.action}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

function effectWords({ effect }: PlannedTool): string {
  switch (effect) {
    case 'reads':
      return 'reads only';
    case 'changes':
      return 'may change something';
    case 'unknown':
      return 'effect not known';
    default:
      return assertNever(effect, 'effect');
  }
}

function enforcedWords(tool: PlannedTool, action: ToolAction): string {
  if (action === 'live') return 'runs for real';
  return tool.enforced ? 'enforced' : 'will run for real';
}

function runsForReal(tool: PlannedTool, chosen: ToolAction | undefined): boolean {
  return !tool.enforced || (chosen ?? tool.action) === 'live';
}

/** A run of somebody else: what its recorded calls would do here, agreed to before anything starts. */
export function ForeignWarning({
  plan,
  trusted,
  onTrust,
}: {
  readonly plan: TakePlan;
  readonly trusted: boolean;
  readonly onTrust: (trusted: boolean) => void;
}) {
  const called = plan.tools.filter(({ count }) => count > 0);
  const calls = called.reduce((sum, { count }) => sum + count, 0);
  return (
    <Callout as="section" tone="warn" isFramed aria-label="A run that was not recorded here">
      <p className={styles.foreignTitle}>
        <TriangleAlert aria-hidden /> This run was not recorded on this machine
      </p>
      <p>
        Its recorded answers ask for {formatQuantity(calls, 'tool call')} before the fork. Whoever made the file decided
        what they say: read them before they run here.
      </p>
      {called.length > 0 && (
        <ul className={styles.foreignCalls} tabIndex={0} aria-label="Recorded tool calls">
          {called.map((tool) => (
            <li key={tool.name}>
              <span className={classNames(section.toolName, styles.calledName)}>{tool.name}</span> ×{tool.count} ·{' '}
              {effectWords(tool)}
              {tool.examples.map((example, at) => (
                <code key={at}>{example}</code>
              ))}
            </li>
          ))}
        </ul>
      )}
      <label className={section.agree}>
        <input type="checkbox" checked={trusted} onChange={(event) => onTrust(event.target.checked)} /> I have read
        these calls and agree to run them
      </label>
    </Callout>
  );
}
