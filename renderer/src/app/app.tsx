export function App() {
  return <main>Retake</main>;
}
