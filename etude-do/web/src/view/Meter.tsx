import { percent } from "../i18n/index.ts";

/** A share as a bar and in percent. */
export function Meter({ share, label, name }: { share: number; label: string; name?: string }) {
  return (
    <span class="meter">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={`${label}: ${percent(share)}`}>
        <rect class="track" width="100" height="8" />
        <rect class="value" width={100 * share} height="8" />
      </svg>
      <span aria-hidden="true">{percent(share)}</span>
      {name && (
        <small class="soft" aria-hidden="true">
          {name}
        </small>
      )}
    </span>
  );
}
