import styles from './sparkline.module.css';

export interface SparklineProps {
  readonly values: readonly number[];
  /** What the bars are, for screen readers: `Context grew from 1.2k to 33.2k tokens over 9 calls`. */
  readonly label: string;
}

const width = 72;
const height = 16;

/** A bar a value, from 0 to the largest. */
export function Sparkline({ values, label }: SparklineProps) {
  const largest = Math.max(...values, 1);
  // One or two bars as wide as the column would read as a progress bar: at least six places.
  const step = width / Math.max(values.length, 6);
  return (
    <svg
      className={styles.sparkline}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {values.map((value, index) => {
        const tall = Math.max(1, (value / largest) * height);
        return <rect key={index} x={index * step} y={height - tall} width={Math.max(step - 1, 0.75)} height={tall} />;
      })}
    </svg>
  );
}
