import { createEgressGuard, type EgressGuard } from '../egress/egress-guard.ts';
import type { MailTransport } from '../mail/mail-message.ts';
import type { Store } from '../store/store.ts';
import { Courier, type CourierLimits } from './deliveries/courier.ts';
import { Sender } from './deliveries/sender.ts';
import { NotificationService } from './notifications.ts';
import { WebhookService } from './webhooks.ts';
import type { PlanReader } from './workflows/find-workflow.ts';

/** How what happens is told outside. */
export interface NoticeSettings {
  /** Default: what is public. */
  egress?: Pick<EgressGuard, 'check' | 'stream'>;
  /** Default: none is sent. */
  mail?: MailTransport;
  /** Told of each attempt to deliver that has ended. Default: nobody. */
  onAttempt?: (outcome: 'delivered' | 'failed' | 'given_up') => void;
  /** Of the courier and its requests. */
  sending?: Partial<CourierLimits> & { timeoutMs?: number; chance?: () => number };
}

/** What telling outside needs besides. */
export interface NoticeParts extends NoticeSettings {
  store: Pick<Store, 'query' | 'write' | 'lookOut'>;
  plans: PlanReader;
  isShared?: boolean;
  now: () => number;
  onError?: (error: unknown) => void;
}

/** Who is told what happens, and what tells them. */
export interface NoticeServices {
  webhooks: WebhookService;
  notifications: NotificationService;
  /** Sends; it has to be started. */
  courier: Courier;
}

/** Puts together what tells of things outside. */
export function createNotices(parts: NoticeParts): NoticeServices {
  const { store, plans, now, mail, isShared = false, onError = () => undefined } = parts;
  const { egress = createEgressGuard({ allowedHosts: [] }), sending = {} } = parts;
  const { timeoutMs, chance, ...limits } = sending;
  const sender = new Sender({
    store,
    egress,
    now,
    ...(mail === undefined ? {} : { mail }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return {
    webhooks: new WebhookService(now, egress),
    notifications: new NotificationService(now, egress),
    courier: new Courier({
      store,
      plans,
      sender,
      isShared,
      now,
      limits,
      onAttempt: parts.onAttempt,
      onError,
      ...(chance === undefined ? {} : { chance }),
    }),
  };
}
