// Made by `npm run types`; not to be edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AcceptedAnnotation: {
            /** Format: int64 */
            annotation: number;
            key: string;
        };
        /** @description What became of every answer. */
        Acknowledged: {
            accepted: components["schemas"]["AcceptedAnnotation"][];
            refused: components["schemas"]["RefusedAnnotation"][];
        };
        /** @description How far two annotators agree: Cohen's kappa. */
        Agreement: {
            first: string;
            kappa: components["schemas"]["Measured"] | null;
            /**
             * Format: int64
             * @description Items that both have answered.
             */
            n: number;
            second: string;
        };
        /** @description What somebody answered. */
        Annotation: {
            annotator: string;
            answered_at: string;
            /**
             * Format: int32
             * @description `null`: skipped.
             */
            class: number | null;
            content: components["schemas"]["Content"];
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            item: number;
            name: string;
            purpose: components["schemas"]["Purpose"];
            /** Format: int64 */
            took_ms: number | null;
        };
        /**
         * @description What an answer is for that no question was put for.
         * @enum {string}
         */
        AnswerPurpose: "training" | "review";
        /** @description How far an audit is. */
        Audit: {
            frozen_at: string;
            /** Format: int64 */
            n_answered: number;
            /** Format: int64 */
            n_drawn: number;
        };
        /** @description Another goal than the one that is set; `null` keeps it. */
        AuditRequest: {
            /** Format: double */
            confidence?: number | null;
            /** Format: double */
            max_error?: number | null;
        };
        /** @description Where auto-labelling stands. */
        AutoLabelState: {
            audit: components["schemas"]["Audit"] | null;
            certificate: components["schemas"]["Certificate"] | null;
            goal: components["schemas"]["Goal"];
            /** @description Whether the present model can be audited now. */
            is_auditable: boolean;
            /**
             * Format: int64
             * @description Still to answer, in the audit or in the rest.
             */
            n_left: number | null;
            nothing_shown: components["schemas"]["NothingShown"] | null;
            phase: components["schemas"]["Phase"];
        };
        /**
         * @description What the figures rest on.
         * @enum {string}
         */
        Basis: "audit" | "random_answers";
        /** @description Questions for the caller. */
        Batch: {
            /** @description What the caller has on the page and is no longer kept for them. */
            gone: number[];
            /**
             * Format: int64
             * @description Items drawn for the audit.
             */
            n_audit: number | null;
            /**
             * Format: int64
             * @description Still to answer, in an audit or in the rest.
             */
            n_left: number | null;
            phase: components["schemas"]["Phase"];
            questions: components["schemas"]["Question"][];
        };
        Certificate: {
            document: components["schemas"]["CertificateDocument"];
            /** Format: int64 */
            id: number;
            /** @description To be read, printed and filed. */
            text: string;
        };
        /** @description What was shown, with all that is needed to check it. */
        CertificateDocument: {
            /** Format: int32 */
            allowed_errors: number | null;
            /** Format: int32 */
            audit_errors: number;
            backbone: string;
            claim: components["schemas"]["Claim"];
            /** Format: double */
            confidence: number;
            /** Format: double */
            coverage: number;
            /** Format: int32 */
            first_forbidden: number;
            frozen_at: string;
            /** Format: double */
            max_error: number;
            model_hash: string;
            /** Format: int64 */
            model_version: number;
            /** Format: int32 */
            n_abstained: number;
            /** Format: int32 */
            n_answered_before: number;
            /** Format: int32 */
            n_answered_twice: number;
            /** Format: int32 */
            n_audited: number;
            /** Format: int32 */
            n_auto_labelled: number;
            /** Format: int32 */
            n_disagreed: number;
            /** Format: int32 */
            n_items: number;
            /** Format: int32 */
            n_left_to_people: number;
            /** Format: int32 */
            population: number;
            /** Format: int32 */
            region_errors: number;
            /** Format: int64 */
            rng_seed: number;
            score_hash: string;
            statement: string;
            /** Format: int64 */
            trained_through: number;
        };
        /** @enum {string} */
        CertificateFormat: "json" | "text";
        /**
         * @description Which labels a certificate is about.
         * @enum {string}
         */
        Claim: "all-labels" | "auto-labels" | "each-class";
        /** @description A class, with the key and the colour it has on the page. */
        Class: {
            /** @description `#rrggbb` */
            colour: string;
            key: string;
            name: string;
        };
        /** @description Items of a class, by where their label is from. */
        ClassBalance: {
            /** Format: int32 */
            class: number;
            /** Format: int64 */
            n_auto: number;
            /** Format: int64 */
            n_imported: number;
            /** Format: int64 */
            n_person: number;
            /** Format: int64 */
            n_predicted: number;
        };
        ClassQuality: {
            /** Format: int32 */
            class: number;
            f1: components["schemas"]["Measured"] | null;
            precision: components["schemas"]["Measured"] | null;
            recall: components["schemas"]["Measured"] | null;
            /**
             * Format: int64
             * @description Items of the class among those looked at.
             */
            support: number;
        };
        /** @description What an item shows. Pictures are fetched by their own route. */
        Content: {
            /** @enum {string} */
            kind: "text";
            text: string;
        } | {
            /** @description Of the file's bytes; as `?v=` of a picture's address it makes it last. */
            hash: string;
            /** Format: int32 */
            height: number | null;
            /** @enum {string} */
            kind: "image";
            /** Format: int32 */
            width: number | null;
        };
        /**
         * @description A point of the learning curve: the accuracy that the model expects, and the
         *     95 % interval of what random answers measured, once there are enough.
         */
        CurvePoint: {
            /** Format: double */
            accuracy: number;
            /** Format: double */
            high: number | null;
            /** Format: double */
            low: number | null;
            /** Format: int64 */
            n_answers: number;
        };
        /** @description The body of every refusal. */
        Error: {
            code: components["schemas"]["ErrorCode"];
            /** @description A way out. */
            help: string | null;
            /** @description What is wrong, lower case, with the offending value. */
            message: string;
            /** @description Under which the server's log tells more. */
            request_id: string;
        };
        /**
         * @description What the caller can do about it, in one word that does not change.
         * @enum {string}
         */
        ErrorCode: "not_found" | "invalid" | "conflict" | "stale" | "unauthorised" | "forbidden" | "too_large" | "busy" | "internal";
        /** @description More answers from now on, 5 to 95 % of what may come. */
        Forecast: {
            /** Format: double */
            answers: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            minutes: number | null;
        };
        /** @description What the labels are to reach. */
        Goal: {
            /**
             * Format: double
             * @description Probability that the certificate holds.
             */
            confidence: number;
            /**
             * Format: double
             * @description Share of all labels that may be wrong.
             */
            max_error: number;
        };
        /** @description Says that the server answers. */
        Health: {
            status: string;
            version: string;
        };
        ImportProblem: {
            help: string | null;
            item: string;
            message: string;
        };
        ImportRequest: {
            id_field?: string | null;
            label_field?: string | null;
            /** @description Whose labels come with the data: `gold:NAME`, `crowd:NAME`, `model:NAME`, `person:NAME`. */
            labels_as?: string | null;
            /** @description A file or folder on the server's disk. */
            path?: string | null;
            /** @description Field that holds the text; found out by itself if `null`. */
            text_field?: string | null;
            /** @description Id of an upload; this or `path`. */
            upload?: string | null;
        };
        /**
         * @description Which part of an import is going on.
         * @enum {string}
         */
        ImportStage: "import" | "embed" | "compare";
        /** @description Where an import stands, or how the last one ended. */
        ImportState: {
            /** Format: int64 */
            done: number;
            /** @description Why the whole import failed. */
            error: string | null;
            /** Format: double */
            eta_s: number | null;
            is_running: boolean;
            /** Format: int64 */
            n_added: number;
            /** Format: int64 */
            n_duplicates: number;
            /** Format: int64 */
            n_labels: number;
            /** Format: int64 */
            n_near_duplicates: number;
            /** Format: int64 */
            n_problems: number;
            /** @description The first 200. */
            problems: components["schemas"]["ImportProblem"][];
            /**
             * Format: double
             * @description Items a second.
             */
            rate: number | null;
            stage: components["schemas"]["ImportStage"] | null;
            /** Format: int64 */
            total: number | null;
        };
        /** @description An item with all that is known. */
        ItemDetail: components["schemas"]["ItemRow"] & {
            annotations: components["schemas"]["Annotation"][];
            /**
             * Format: int64
             * @description What vouches for its label.
             */
            certificate: number | null;
            /** @description Items with the same bytes. */
            duplicates: number[];
            full: components["schemas"]["Content"];
            prediction: components["schemas"]["Suggestion"] | null;
            remarks: components["schemas"]["Remark"][];
        };
        /** @description Which items; every condition that is set must hold. */
        ItemQuery: {
            /** @default null */
            annotator?: string | null;
            /**
             * Format: int32
             * @description The label, or else the prediction.
             * @default null
             */
            class?: number | null;
            /** @default null */
            cursor?: string | null;
            /** @default null */
            ids?: number[] | null;
            /** @default null */
            is_descending?: boolean | null;
            /** @default null */
            is_flagged?: boolean | null;
            /**
             * @description How many, at most 200.
             * @default 50
             */
            limit?: number | null;
            /**
             * Format: float
             * @default null
             */
            max_confidence?: number | null;
            /**
             * Format: float
             * @default null
             */
            min_confidence?: number | null;
            /** @default null */
            origin?: components["schemas"]["Origin"][] | null;
            /** @default null */
            sort?: components["schemas"]["SortBy"] | null;
            /**
             * @description In the name or the text.
             * @default null
             */
            text?: string | null;
        };
        /** @description An item in a list; a text is cut at 500 characters. */
        ItemRow: {
            /** @description Who has answered it. */
            annotators: string[];
            answered_at: string | null;
            /** Format: int32 */
            class: number | null;
            /** Format: float */
            confidence: number | null;
            content: components["schemas"]["Content"];
            is_flagged: boolean;
            /** Format: int64 */
            item: number;
            name: string;
            origin: components["schemas"]["Origin"];
        };
        Items: {
            items: number[];
        };
        Key: {
            /** @description Made by the client: the same key again takes nothing further back. */
            key: string;
        };
        /** @description A format that labels can be had in. */
        ListedFormat: {
            /** @description As in the address. */
            format: string;
            media_type: string;
            name: string;
            summary: string;
        };
        /** @description A network of the catalogue, or one that was added. */
        ListedModel: {
            /** @description Length of an embedding; found when it is first loaded. */
            dim: number | null;
            /** @description Is on this machine. */
            is_available: boolean;
            /** @description Comes with the program. */
            is_bundled: boolean;
            licence: string;
            media: components["schemas"]["Media"];
            name: string;
            summary: string;
        };
        ListedStrategy: {
            name: string;
            summary: string;
        };
        LogIn: {
            name: string;
            password: string;
        };
        /** @description The map is not ready. */
        MapState: {
            /** @description `computing` */
            state: string;
        };
        /** @description A measured value with its 95 % interval; `null` where there are not enough data. */
        Measured: {
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /**
             * Format: int64
             * @description Number of trials.
             */
            n: number;
            /** Format: double */
            value: number;
        };
        /**
         * @description What the items are.
         * @enum {string}
         */
        Media: "image" | "text";
        /** @description The present model, and what could be done with it. */
        Model: {
            /**
             * Format: int32
             * @description Wrong labels that the goal allows.
             */
            allowed_errors: number;
            /**
             * Format: double
             * @description Wrong labels to be expected among items nobody has answered.
             */
            expected_errors: number;
            /**
             * Format: int64
             * @description From the last answer to the new queue.
             */
            fit_ms: number;
            /**
             * Format: int64
             * @description Items it learned from.
             */
            n_labelled: number;
            /**
             * Format: int64
             * @description Items that could be labelled automatically now.
             */
            n_sure: number;
            out_of_fold_accuracy: components["schemas"]["Measured"] | null;
            trained_at: string;
        };
        /** @description An item that is similar to another one. */
        Neighbour: {
            /** Format: int32 */
            class: number | null;
            content: components["schemas"]["Content"];
            /** Format: int64 */
            item: number;
            name: string;
            origin: components["schemas"]["Origin"];
            /**
             * Format: float
             * @description Cosine, from -1 to 1.
             */
            similarity: number;
        };
        NewAnnotation: {
            /** @description When the question was shown, ISO 8601. */
            asked_at?: string | null;
            /**
             * Format: int32
             * @description `null` skips.
             */
            class?: number | null;
            /** Format: int64 */
            item: number;
            /** @description Made by the client, such as a UUID: the same key again is the same answer. */
            key: string;
            /** @description As it came with the question. */
            lease?: string | null;
            /** @description Used without a lease only. */
            purpose: components["schemas"]["AnswerPurpose"];
            suggestion?: components["schemas"]["SuggestionShown"] | null;
            /** Format: int64 */
            took_ms?: number | null;
        };
        NewAnnotations: {
            annotations: components["schemas"]["NewAnnotation"][];
        };
        NewProject: {
            classes: string[];
            name: string;
        };
        NewRemark: {
            is_flag: boolean;
            /** @description Made by the client: the same key again is the same remark. */
            key: string;
            /** @description May be empty in a flag. */
            text: string;
        };
        /** @description A token, shown once. */
        NewToken: {
            token: string;
        };
        NewUser: {
            name: string;
            password: string;
            role: components["schemas"]["Role"];
        };
        /** @description Why no audit of the present model would show the goal. */
        NothingShown: {
            /** Format: int32 */
            allowed_errors: number;
            /** Format: double */
            expected_errors: number;
            /** Format: int32 */
            smallest_audit: number;
        };
        /**
         * @description Where a label comes from.
         * @enum {string}
         */
        Origin: "none" | "person" | "auto" | "imported" | "predicted";
        Pace: {
            /** Format: double */
            answers_per_minute: number | null;
            /** Format: int64 */
            n_today: number;
            /** Format: double */
            seconds_per_answer: number | null;
        };
        /** @description A part of a list, and where the next part begins. */
        Page_Annotation: {
            items: {
                annotator: string;
                answered_at: string;
                /**
                 * Format: int32
                 * @description `null`: skipped.
                 */
                class: number | null;
                content: components["schemas"]["Content"];
                /** Format: int64 */
                id: number;
                /** Format: int64 */
                item: number;
                name: string;
                purpose: components["schemas"]["Purpose"];
                /** Format: int64 */
                took_ms: number | null;
            }[];
            next_cursor: string | null;
            /** Format: int64 */
            total: number | null;
        };
        /** @description A part of a list, and where the next part begins. */
        Page_ItemRow: {
            items: {
                /** @description Who has answered it. */
                annotators: string[];
                answered_at: string | null;
                /** Format: int32 */
                class: number | null;
                /** Format: float */
                confidence: number | null;
                content: components["schemas"]["Content"];
                is_flagged: boolean;
                /** Format: int64 */
                item: number;
                name: string;
                origin: components["schemas"]["Origin"];
            }[];
            next_cursor: string | null;
            /** Format: int64 */
            total: number | null;
        };
        /**
         * @description What a project waits for.
         * @enum {string}
         */
        Phase: "opening" | "empty" | "importing" | "embedding" | "needs_classes" | "training" | "audit" | "rest" | "certified" | "all_answered" | "budget_spent" | "failed";
        /** @description How the model learns, and what is left to do. */
        Plan: {
            agreement: components["schemas"]["Agreement"][];
            /** Format: int64 */
            allowed_errors: number;
            balance: components["schemas"]["ClassBalance"][];
            /** @description Empty while too little was answered. */
            curve: components["schemas"]["CurvePoint"][];
            /**
             * Format: double
             * @description Of the labels.
             */
            entropy_bits: number | null;
            /** Format: double */
            expected_errors: number | null;
            forecast: components["schemas"]["Forecast"] | null;
            /**
             * Format: double
             * @description What people's labels tell about the model's.
             */
            mutual_information_bits: number | null;
            /** Format: int64 */
            n_answered: number;
            /** Format: int64 */
            n_items: number;
            pace: components["schemas"]["Pace"];
        };
        /** @description A project with all that its page needs. */
        Project: components["schemas"]["ProjectSummary"] & {
            /** @description Id of the network with which the items are embedded. */
            backbone: string | null;
            model: components["schemas"]["Model"] | null;
            /** @description Why the project cannot go on, with a way out. */
            problem: string | null;
            queue: components["schemas"]["Queue"];
            settings: components["schemas"]["Settings"];
            strategies: components["schemas"]["ListedStrategy"][];
        };
        /** @description A project in a list. */
        ProjectSummary: {
            accuracy: components["schemas"]["Measured"] | null;
            goal: components["schemas"]["Goal"];
            /** @description Name of its folder. */
            id: string;
            last_answer_at: string | null;
            media: components["schemas"]["Media"] | null;
            /**
             * Format: int64
             * @description Items that a person has answered.
             */
            n_answered: number;
            /**
             * Format: int64
             * @description Items that keep a model's label under a certificate.
             */
            n_auto: number;
            /** Format: int64 */
            n_classes: number;
            /** Format: int64 */
            n_items: number;
            name: string;
            /** @description Who has answered. */
            people: string[];
            phase: components["schemas"]["Phase"];
        };
        /**
         * @description Why somebody was asked.
         * @enum {string}
         */
        Purpose: "training" | "random" | "audit" | "remainder" | "review" | "imported";
        /** @description One item to be answered. */
        Question: {
            content: components["schemas"]["Content"];
            /** @description Until when nobody else gets the item. */
            expires_at: string;
            /** Format: int64 */
            item: number;
            /** @description To be sent back with the answer. */
            lease: string;
            name: string;
            /** @description The most similar items, at most four; none in an audit. */
            neighbours: components["schemas"]["Neighbour"][];
            /**
             * Format: int32
             * @description The caller's own last answer, after an undo.
             */
            previous: number | null;
            purpose: components["schemas"]["Purpose"];
            reason: components["schemas"]["Reason"];
            remarks: components["schemas"]["Remark"][];
            suggestion: components["schemas"]["Suggestion"] | null;
        };
        /**
         * @description Items waiting for somebody, in somebody's hands, and answered by fewer
         *     people than wanted.
         */
        Queue: {
            /** Format: int64 */
            n_leased: number;
            /** Format: int64 */
            n_pending: number;
            /** Format: int64 */
            n_ready: number;
        };
        Queued: {
            /** Format: int64 */
            queued: number;
        };
        /** @description A class with the model's confidence in it. */
        RankedClass: {
            /** Format: int32 */
            class: number;
            /** Format: float */
            confidence: number;
        };
        /**
         * @description Why this item and no other.
         * @enum {string}
         */
        Reason: "uncertain" | "typical" | "coverage" | "random" | "audit" | "doubtful" | "asked" | "review" | "diverse";
        /** @description How many files of this request are kept now. */
        Received: {
            /** Format: int64 */
            received: number;
        };
        Redone: {
            redone: components["schemas"]["Annotation"];
        };
        RefusedAnnotation: {
            code: string;
            key: string;
            message: string;
        };
        /** @description Predictions of about the same confidence. */
        Reliability: {
            /** Format: double */
            accuracy: number;
            /** Format: double */
            confidence: number;
            /** Format: int64 */
            n: number;
        };
        /** @description A comment on an item, or a flag. */
        Remark: {
            annotator: string;
            at: string;
            /** Format: int64 */
            id: number;
            is_flag: boolean;
            is_resolved: boolean;
            /** Format: int64 */
            item: number;
            text: string;
        };
        /** @description How many there are of every kind. */
        ReviewCounts: {
            /** Format: int64 */
            disagreement: number;
            /** Format: int64 */
            flagged: number;
            /** Format: int64 */
            low_confidence: number;
            /** Format: int64 */
            suspect: number;
        };
        /** @description An item to look at again. */
        ReviewItem: {
            content: components["schemas"]["Content"];
            /** Format: int64 */
            item: number;
            kind: components["schemas"]["ReviewKind"];
            name: string;
            prediction: components["schemas"]["Suggestion"] | null;
            remarks: components["schemas"]["Remark"][];
            /** @description Who said what. */
            said: components["schemas"]["Annotation"][];
            /**
             * Format: float
             * @description Probability of the label by a model that had not seen it.
             */
            self_confidence: number | null;
        };
        /** @enum {string} */
        ReviewKind: "suspect" | "disagreement" | "flagged" | "low_confidence";
        ReviewPage: {
            counts: components["schemas"]["ReviewCounts"];
            items: components["schemas"]["ReviewItem"][];
            next_cursor: string | null;
            /** Format: int64 */
            total: number | null;
        };
        /**
         * @description What somebody may do; each role may do what those before it may.
         * @enum {string}
         */
        Role: "annotator" | "reviewer" | "owner";
        Select: {
            /** @description What the caller has on the page. */
            have?: number[];
            /** @description Exactly these items, whatever the queue says. */
            items?: number[] | null;
            /** @description How many questions, at most. */
            n: number;
        };
        /** @description Who is using the page. */
        Session: {
            is_login_required: boolean;
            user: components["schemas"]["SessionUser"] | null;
            version: string;
        };
        SessionUser: {
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @description What an owner may set. */
        Settings: {
            /**
             * Format: int32
             * @description Items handed out at once; `null`: as many as suit.
             */
            batch_len: number | null;
            /**
             * Format: int32
             * @description The most items that people may answer.
             */
            budget: number | null;
            classes: components["schemas"]["Class"][];
            goal: components["schemas"]["Goal"];
            /** @description Words to be marked in texts. */
            highlights: string[];
            /**
             * Format: int64
             * @description Seconds that an item is kept for whoever has it.
             */
            lease_s: number;
            /** @description Name of the network; `null`: the one that suits the items. */
            model: string | null;
            name: string;
            /**
             * Format: int32
             * @description People who answer every item.
             */
            overlap: number;
            /** @description `null`: the default policy. */
            strategy: string | null;
        };
        /** @description Some of the settings; what is missing stays as it is, `null` is a value. */
        SettingsPatch: {
            /** Format: int32 */
            batch_len?: number | null;
            /** Format: int32 */
            budget?: number | null;
            /** @description The classes there are, in their order, and new ones after them. */
            classes?: components["schemas"]["Class"][] | null;
            goal?: components["schemas"]["Goal"] | null;
            highlights?: string[] | null;
            /** Format: int64 */
            lease_s?: number | null;
            model?: string | null;
            name?: string | null;
            /** Format: int32 */
            overlap?: number | null;
            strategy?: string | null;
        };
        /** @enum {string} */
        SortBy: "id" | "name" | "confidence" | "uncertainty" | "answered_at";
        /** @description What the model thinks of an item. */
        Suggestion: {
            /** Format: int32 */
            class: number;
            /** Format: float */
            confidence: number;
            /** Format: int64 */
            model_version: number | null;
            /** @description The likeliest classes, at most five. */
            ranked: components["schemas"]["RankedClass"][];
        };
        /** @description What the caller was shown. */
        SuggestionShown: {
            /** Format: int32 */
            class: number;
            /** Format: float */
            confidence: number;
            /** Format: int64 */
            model_version?: number | null;
        };
        Undone: {
            /** @description The question, put once more. */
            question: components["schemas"]["Question"];
            undone: components["schemas"]["Annotation"];
        };
        /** @description Files, each under its relative path; many requests may fill one upload. */
        UploadedFiles: {
            /** @description The name of a part is not looked at, its file name is the path. */
            files: string[];
        };
        /** @description Somebody with an account. */
        User: {
            created_at: string;
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @description How good the labels are. */
        Verified: {
            accuracy: components["schemas"]["Measured"] | null;
            basis: components["schemas"]["Basis"] | null;
            /** @description Rows: what people answered; columns: what the model said. */
            confusion: number[][];
            /**
             * Format: double
             * @description Expected calibration error.
             */
            ece: number | null;
            macro_f1: components["schemas"]["Measured"] | null;
            micro_f1: components["schemas"]["Measured"] | null;
            /**
             * Format: int64
             * @description Answers to look at again.
             */
            n_suspects: number;
            per_class: components["schemas"]["ClassQuality"][];
            reliability: components["schemas"]["Reliability"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
