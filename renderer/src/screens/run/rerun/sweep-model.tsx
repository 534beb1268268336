import { useState } from 'react';
import { ComboField } from '../../../ui/combo-field.tsx';
import { AddButton } from './add-button.tsx';
import styles from './sweep-model.module.css';

/** One more model of a sweep. */
export function SweepModel({
  options,
  onAdd,
}: {
  readonly options: readonly string[];
  readonly onAdd: (model: string) => void;
}) {
  const [model, setModel] = useState('');
  const add = () => {
    if (model.trim() === '') return;
    onAdd(model.trim());
    setModel('');
  };
  return (
    <div className={styles.sweep}>
      <ComboField
        label="Model to add"
        value={model}
        options={options}
        placeholder="model"
        onChange={setModel}
        onEnter={add}
      />
      <AddButton label="Add" onClick={add} />
    </div>
  );
}
