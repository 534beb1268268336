import { Save } from 'lucide-react';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import type { Break } from '../../../../../shared/model/break.ts';
import type { TakePlan } from '../../../../../shared/model/take.ts';
import { breaksCount } from '../../../lib/break-form.ts';
import { quoteCommand } from '../../../lib/command-words.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { useCommands } from '../../../session/commands.ts';
import { BreakList } from '../../../ui/break-list.tsx';
import { Button } from '../../../ui/button.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { ComboField } from '../../../ui/combo-field.tsx';
import { Kbd } from '../../../ui/kbd.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextField } from '../../../ui/text-field.tsx';
import { EstimateWords } from './estimate-words.tsx';
import { ExecutorCards } from './executor-cards.tsx';
import { executorOf } from './how-form.ts';
import type { BuiltHow, HowField, HowForm } from './how-form.ts';
import { SweepModel } from './sweep-model.tsx';
import { ForeignWarning, ToolPolicy } from './tool-policy.tsx';
import { ToolRunners } from './tool-runners.tsx';
import section from './how-section.module.css';
import styles from './how-to-run.module.css';

export interface HowToRunProps {
  readonly how: HowForm;
  readonly onHow: (how: HowForm) => void;
  readonly built: BuiltHow;
  readonly plan: TakePlan | undefined;
  readonly models: readonly string[];
  readonly upstreams: readonly string[];
  readonly answeringModel: string | undefined;
  /** As they stand, typed or kept. */
  readonly breaks: readonly Break[];
  readonly onSave: () => void;
  /** Why it cannot start now, in words. */
  readonly blocked: string | undefined;
  readonly failure: string | undefined;
  readonly starting: boolean;
  readonly onStart: () => void;
}

const workspaces = [
  { value: 'inplace', label: 'in its folder' },
  { value: 'copy', label: 'in a copy of it' },
] as const;

/** Right of the sheet: who runs it, with which tools, how far, how often, for how much. */
export function HowToRun(props: HowToRunProps) {
  const { how, onHow, built, plan, models, upstreams, answeringModel, onSave, blocked, failure, starting, onStart } =
    props;
  const executor = executorOf(how, plan);
  const runsCommand = executor !== 'continue';
  const set = (change: Partial<HowForm>) => onHow({ ...how, ...change });
  return (
    <section className={styles.column} aria-label="How to run it">
      <div className={styles.scroll}>
        <h3 className={styles.title}>How to run it</h3>
        {plan?.foreign === true && (
          <ForeignWarning plan={plan} trusted={how.trusted} onTrust={(trusted) => set({ trusted })} />
        )}
        <ExecutorCards plan={plan} value={executor} onChange={(kind) => set({ executor: kind })}>
          {runsCommand && <Launch how={how} set={set} built={built} plan={plan} />}
        </ExecutorCards>
        <div className={styles.settings}>
          <Row label="Stop after">
            <Unit unit="steps">
              <Field
                name="steps"
                label="Stop after, in model calls"
                value={how.steps}
                built={built}
                onChange={(steps) => set({ steps })}
                placeholder="no limit"
              />
            </Unit>
          </Row>
          <Row label="Spend at most">
            <Unit unit="$" before>
              <Field
                name="usd"
                label="Spend at most, in dollars"
                value={how.usd}
                built={built}
                onChange={(usd) => set({ usd })}
                placeholder="no limit"
              />
            </Unit>
          </Row>
          {built.hints.has('usd') && (
            <p className={styles.hint} role="status">
              {built.hints.get('usd')}
            </p>
          )}
          <Row label="Take at most">
            <Unit unit="s">
              <Field
                name="seconds"
                label="Take at most, in seconds"
                value={how.seconds}
                built={built}
                onChange={(seconds) => set({ seconds })}
                placeholder="no limit"
              />
            </Unit>
          </Row>
          <Row label="Takes">
            <Unit unit="×">
              <Field
                name="repeat"
                label="Takes"
                value={how.repeat}
                built={built}
                onChange={(repeat) => set({ repeat })}
                placeholder="1"
              />
            </Unit>
          </Row>
          {runsCommand && (
            <Row label="Runs">
              <Select
                label="Where the command runs"
                value={how.workspace}
                options={workspaces}
                onChange={(workspace) => set({ workspace })}
                className={styles.value}
              />
            </Row>
          )}
        </div>
        <ToolPolicy
          tools={plan?.tools ?? []}
          chosen={how.tools}
          onChange={(tool, action) => set({ tools: new Map(how.tools).set(tool, action) })}
        />
        <Breaks breaks={props.breaks} how={how} set={set} problem={built.problems.get('breaks')} />
        {executor === 'continue' && <ToolRunners runners={how.runners} onChange={(runners) => set({ runners })} />}
        <details className={section.section} open={how.models.length > 0}>
          <summary className={section.sectionTitle}>
            Several models{' '}
            <span className={section.quiet}>
              · {how.models.length === 0 ? 'one take each' : formatQuantity(how.models.length, 'model')}
            </span>
          </summary>
          <div className={styles.chips}>
            {how.models.map((model) => (
              <Chip
                key={model}
                disabled
                removeLabel={`Take ${model} out`}
                onRemove={() => set({ models: how.models.filter((one) => one !== model) })}
              >
                {model}
              </Chip>
            ))}
          </div>
          <SweepModel
            options={models.filter((model) => !how.models.includes(model))}
            onAdd={(model) => set({ models: how.models.includes(model) ? how.models : [...how.models, model] })}
          />
        </details>
        <details className={section.section} open={how.upstream !== '' || built.problems.has('upstream')}>
          <summary className={section.sectionTitle}>
            Upstream{' '}
            <span className={section.quiet}>
              · {how.upstream === '' ? 'the provider of the run' : 'another address'}
            </span>
          </summary>
          <ComboField
            label="Upstream address"
            mono
            value={how.upstream}
            options={upstreams}
            placeholder="as the agent has it"
            invalid={built.problems.has('upstream')}
            onChange={(upstream) => set({ upstream })}
          />
          <FieldProblem message={built.problems.get('upstream')} />
        </details>
        <div>
          <Button look="ghost" size="small" icon={<Save />} onClick={onSave}>
            Save these settings for this agent
          </Button>
        </div>
      </div>
      <footer className={styles.footer}>
        <EstimateWords plan={plan} takes={built.takes} model={answeringModel} models={how.models.length} />
        {failure !== undefined && (
          <p className={styles.failure} role="alert">
            {failure}
          </p>
        )}
        {failure === undefined && blocked !== undefined && (
          <p className={styles.blocked} role="status" id="rerun-blocked">
            {blocked}
          </p>
        )}
        <Button
          look="primary"
          className={styles.start}
          keys="$mod+Enter"
          aria-disabled={blocked !== undefined || starting}
          aria-describedby={blocked === undefined ? undefined : 'rerun-blocked'}
          onClick={onStart}
        >
          {starting ? 'Starting…' : `Run ${formatQuantity(built.takes, 'take')}`}
        </Button>
      </footer>
    </section>
  );
}

function Breaks({
  breaks,
  how,
  set,
  problem,
}: {
  readonly breaks: readonly Break[];
  readonly how: HowForm;
  readonly set: (change: Partial<HowForm>) => void;
  readonly problem: string | undefined;
}) {
  const details = useRef<HTMLDetailsElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useCommands([
    {
      id: 'breaks.add',
      run() {
        if (details.current) details.current.open = true;
        field.current?.focus();
      },
    },
  ]);
  return (
    <details ref={details} className={section.section} open={breaks.length > 0}>
      <summary className={section.sectionTitle}>
        Break before a call <span className={section.quiet}>· {breaksCount(breaks)}</span> <Kbd keys="$mod+b" />
      </summary>
      <BreakList
        fieldRef={field}
        form={{ breaks, draft: how.breakDraft }}
        onChange={(form) => set({ breaks: form.breaks, breakDraft: form.draft })}
      />
      <FieldProblem message={problem} />
      {breaks.length > 0 && (
        <p className={section.note}>
          Holds live calls and calls that the recording answers. Kept for this agent when a take starts.
        </p>
      )}
    </details>
  );
}

function Launch({
  how,
  set,
  built,
  plan,
}: {
  readonly how: HowForm;
  readonly set: (change: Partial<HowForm>) => void;
  readonly built: BuiltHow;
  readonly plan: TakePlan | undefined;
}) {
  const known = plan?.launch;
  const recorded = known === undefined ? '' : quoteCommand(known.command);
  const touched = how.command !== undefined || how.folder !== undefined;
  return (
    <div className={styles.launch}>
      <textarea
        className={styles.command}
        aria-label="Command"
        rows={1}
        spellCheck={false}
        autoComplete="off"
        placeholder="python agent.py"
        value={how.command ?? recorded}
        aria-invalid={built.problems.has('command')}
        maxLength={100_000}
        onChange={(event) => set({ command: event.target.value.replace(/\n/g, ' ') })}
      />
      <FieldProblem message={built.problems.get('command')} />
      {built.hints.has('command') && <p className={styles.hint}>{built.hints.get('command')}</p>}
      <label className={styles.folder}>
        in{' '}
        <input
          aria-label="Folder"
          spellCheck={false}
          autoComplete="off"
          placeholder="/home/me/project"
          value={how.folder ?? known?.cwd ?? ''}
          aria-invalid={built.problems.has('folder')}
          maxLength={4_096}
          onChange={(event) => set({ folder: event.target.value })}
        />
      </label>
      <FieldProblem message={built.problems.get('folder')} />
      <p className={styles.source}>
        {touched
          ? 'as typed'
          : known === undefined
            ? 'this run was not started by Retake: type its command'
            : known.source === 'recorded'
              ? 'as this install started it'
              : known.source === 'session'
                ? 'from the client’s own session on this machine'
                : 'as saved for this agent'}
        {touched && known !== undefined && (
          <>
            {' '}
            · <LinkButton onClick={() => set({ command: undefined, folder: undefined })}>revert</LinkButton>
          </>
        )}
      </p>
    </div>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles.row}>
      <span className={styles.rowLabel} aria-hidden>
        {label}
      </span>
      {children}
    </div>
  );
}

function Unit({
  unit,
  before = false,
  children,
}: {
  readonly unit: string;
  readonly before?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span className={styles.unit} data-before={before}>
      {before && <span aria-hidden>{unit}</span>}
      {children}
      {!before && <span aria-hidden>{unit}</span>}
    </span>
  );
}

function Field({
  name,
  label,
  value,
  built,
  onChange,
  placeholder,
}: {
  readonly name: HowField;
  readonly label: string;
  readonly value: string;
  readonly built: BuiltHow;
  readonly onChange: (value: string) => void;
  readonly placeholder: string;
}) {
  return (
    <TextField
      className={styles.value}
      label={label}
      value={value}
      inputMode="decimal"
      placeholder={placeholder}
      error={built.problems.get(name)}
      onChange={onChange}
      maxLength={12}
    />
  );
}

function FieldProblem({ message }: { readonly message: string | undefined }) {
  return message === undefined ? null : (
    <p className={styles.failure} role="alert">
      {message}
    </p>
  );
}
