import {
  IconActivity, IconAddressBook, IconBook2, IconDatabaseImport, IconLayoutCards, IconLayoutDashboard, IconGitMerge, IconSend, IconSettings, IconTags, IconUsersGroup,
} from "@tabler/icons-react";
import type { Words } from "@/words";

/** The screens in the order of the data's journey. Only what exists is here. */
export const SCREENS = [
  { to: "/", name: (w: Words) => w.overview.title, icon: IconLayoutDashboard },
  { to: "/live", name: (w: Words) => w.live.title, icon: IconActivity },
  { to: "/sources", name: (w: Words) => w.sources.title, icon: IconDatabaseImport },
  { to: "/catalogue", name: (w: Words) => w.catalogue.title, icon: IconBook2 },
  { to: "/people", name: (w: Words) => w.people.title, icon: IconAddressBook },
  { to: "/review", name: (w: Words) => w.reviews.title, icon: IconGitMerge },
  { to: "/traits", name: (w: Words) => w.traits.title, icon: IconTags },
  { to: "/audiences", name: (w: Words) => w.audiences.title, icon: IconUsersGroup },
  { to: "/slots", name: (w: Words) => w.slots.title, icon: IconLayoutCards },
  { to: "/destinations", name: (w: Words) => w.destinations.title, icon: IconSend },
  { to: "/settings", name: (w: Words) => w.settings.title, icon: IconSettings },
] as const;
