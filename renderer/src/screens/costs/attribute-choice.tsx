import { useState } from 'react';
import { attributeOf, byAttribute, isCallsOwn } from '../../../../shared/model/costs.ts';
import type { CostBy } from '../../../../shared/model/costs.ts';
import { useCostAttributes } from '../../session/queries.ts';
import { ComboField } from '../../ui/combo-field.tsx';
import styles from './attribute-choice.module.css';

export interface AttributeChoiceProps {
  readonly by: CostBy;
  readonly onChoose: (by: CostBy) => void;
}

/** Which attribute the calls are grouped by: one of those that there are, or any other. */
export function AttributeChoice({ by, onChoose }: AttributeChoiceProps) {
  const chosen = attributeOf(by) ?? '';
  const [typed, setTyped] = useState(chosen);
  const { data: keys } = useCostAttributes(true);
  const key = typed.trim();
  const choose = (next: string) => {
    if (next !== '' && next !== chosen && next.length <= 200) onChoose(byAttribute(next));
  };
  const words =
    key !== '' && isCallsOwn(key)
      ? 'Each call has its own: there are no groups by it.'
      : keys !== undefined && chosen !== '' && key === chosen && !keys.includes(key)
        ? 'No call has this attribute.'
        : undefined;
  return (
    <>
      <ComboField
        label="Attribute to group by"
        placeholder="key of an attribute"
        className={styles.field}
        mono
        value={typed}
        options={keys ?? []}
        onChange={(next) => {
          setTyped(next);
          if (keys?.includes(next) === true) choose(next);
        }}
        onEnter={() => choose(key)}
      />
      {words !== undefined && (
        <span role="status" className={styles.words}>
          {words}
        </span>
      )}
    </>
  );
}
