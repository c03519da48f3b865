//! Values that rows keep as numbers or names. They are read strictly: an unknown number or name is an error of the
//! file. A default would count the row as something else.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use crate::model::{LinkKind, Outcome, Purpose, Role, SkipReason};

/// Reads a type from the number that its `from_code` knows.
macro_rules! stored_as_code {
    ($($type:ty),+ $(,)?) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$type> {
                let code = u8::column_result(value)?;
                let unknown = || unknown(stringify!($type), code);
                <$type>::from_code(code).ok_or_else(unknown)
            }
        }
    )+};
}

stored_as_code!(LinkKind, Outcome, Role, SkipReason);

impl FromSql for Purpose {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Purpose> {
        let name = value.as_str()?;
        Purpose::from_name(name).ok_or_else(|| unknown("Purpose", name))
    }
}

fn unknown(what: &str, value: impl std::fmt::Debug) -> FromSqlError {
    FromSqlError::Other(format!("unknown {what} {value:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromSql>(value: ValueRef<'_>) -> Option<T> {
        T::column_result(value).ok()
    }

    #[test]
    fn every_stored_value_is_read_back_and_an_unknown_one_is_an_error() {
        for outcome in Outcome::ALL {
            let code = ValueRef::Integer(outcome.code().into());
            assert_eq!(read::<Outcome>(code), Some(*outcome));
        }
        for role in Role::ALL {
            assert_eq!(
                read::<Role>(ValueRef::Integer(role.code().into())),
                Some(role)
            );
        }
        let purpose = Purpose::Crawl.name();
        assert_eq!(
            read(ValueRef::Text(purpose.as_bytes())),
            Some(Purpose::Crawl)
        );
        for value in [
            ValueRef::Integer(0),
            ValueRef::Integer(255),
            ValueRef::Integer(-1),
            ValueRef::Integer(1_000),
            ValueRef::Null,
            ValueRef::Text(b"unheard-of"),
        ] {
            assert_eq!(read::<Outcome>(value), None, "{value:?}");
            assert_eq!(read::<Role>(value), None, "{value:?}");
            assert_eq!(read::<SkipReason>(value), None, "{value:?}");
            assert_eq!(read::<LinkKind>(value), None, "{value:?}");
            assert_eq!(read::<Purpose>(value), None, "{value:?}");
        }
    }
}
