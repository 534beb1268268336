import styles from './changes.module.css';

/** What stands against a field, right below it. */
export function Problems({ messages }: { readonly messages: readonly string[] | undefined }) {
  if (messages === undefined || messages.length === 0) return null;
  return (
    <div className={styles.problems} role="alert">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}
