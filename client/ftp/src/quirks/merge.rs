//! Several sessions with one server learn each their own.

use super::Quirks;

impl Quirks {
    /// Takes over what a session has learned: what differs between the value that it knew before and the one that it knows now. The
    /// rest may be what another session has learned meanwhile.
    pub fn take_over(&mut self, before: &Quirks, now: &Quirks) {
        /// One field.
        fn take<T: PartialEq + Clone>(field: &mut T, before: &T, now: &T) {
            if before != now {
                field.clone_from(now);
            }
        }
        // All fields by name: one that is added later is not forgotten here.
        let Quirks {
            lock_step,
            patient,
            way,
            no_mlsd,
            list_all,
            tls12,
            habits,
            clock_offset,
            limit,
            features,
        } = self;
        take(lock_step, &before.lock_step, &now.lock_step);
        take(patient, &before.patient, &now.patient);
        take(way, &before.way, &now.way);
        take(no_mlsd, &before.no_mlsd, &now.no_mlsd);
        take(list_all, &before.list_all, &now.list_all);
        take(tls12, &before.tls12, &now.tls12);
        take(clock_offset, &before.clock_offset, &now.clock_offset);
        take(limit, &before.limit, &now.limit);
        take(features, &before.features, &now.features);
        habits.take_over(&before.habits, &now.habits);
    }
}
