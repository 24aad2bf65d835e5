// Language, theme, keys, and who is logged in.

import { api } from "../api";
import { useLanguage, type Language } from "../i18n";
import { Button } from "../parts/Button";
import { Choice, Menu } from "../parts/Menu";
import styles from "./AppearanceMenu.module.css";
import { useSession } from "./queries";
import { THEMES, useTheme } from "./theme";

const ROLE_NAMES = {
  annotator: "app.roleAnnotator",
  reviewer: "app.roleReviewer",
  owner: "app.roleOwner",
} as const;
const THEME_NAMES = {
  system: "app.themeSystem",
  light: "app.themeLight",
  dark: "app.themeDark",
} as const;

export function AppearanceMenu({ onHelp, onTour }: { onHelp?: () => void; onTour?: () => void }) {
  const { t, setLanguage } = useLanguage();
  const [theme, setTheme] = useTheme();
  const { data: session } = useSession();
  return (
    <Menu label={t("app.menu")} icon="user">
      {(close) => (
        <>
          {session?.user && (
            <div className={styles["user"]}>
              <strong>{session.user.name}</strong>
              <span>{t(ROLE_NAMES[session.user.role])}</span>
            </div>
          )}
          <div className={styles["row"]}>
            <span className={styles["label"]}>{t("app.language")}</span>
            <Choice<Language>
              label={t("app.language")}
              value={t.language}
              options={[
                { value: "en", name: t("app.languageEn") },
                { value: "zh", name: t("app.languageZh") },
              ]}
              onChange={setLanguage}
            />
          </div>
          <div className={styles["row"]}>
            <span className={styles["label"]}>{t("app.theme")}</span>
            <Choice
              label={t("app.theme")}
              value={theme}
              options={THEMES.map((value) => ({ value, name: t(THEME_NAMES[value]) }))}
              onChange={setTheme}
            />
          </div>
          <Actions onHelp={onHelp} onTour={onTour} close={close} />
        </>
      )}
    </Menu>
  );
}

function Actions(props: {
  onHelp: (() => void) | undefined;
  onTour: (() => void) | undefined;
  close: () => void;
}) {
  const { onHelp, onTour, close } = props;
  const { t } = useLanguage();
  const { data: session } = useSession();
  const logOut = async () => {
    await api.logOut();
    // Loading the page anew forgets all that this user was told.
    location.assign("/");
  };
  const item = (action: () => void) => () => {
    close();
    action();
  };
  return (
    <div className={styles["actions"]}>
      {onHelp && (
        <Button look="quiet" icon="keyboard" hint="?" onClick={item(onHelp)}>
          {t("app.help")}
        </Button>
      )}
      {onTour && (
        <Button look="quiet" icon="sparkle" onClick={item(onTour)}>
          {t("app.tour")}
        </Button>
      )}
      {session?.is_login_required && session.user && (
        <Button look="quiet" onClick={() => void logOut()}>
          {t("app.logOut")}
        </Button>
      )}
    </div>
  );
}
