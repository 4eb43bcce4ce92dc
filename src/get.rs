//! `get`: one secret's value, byte for byte, or decoded.

use crate::buffer::Buffer;
use crate::credentials::{Credential, Decode};
use crate::error::Failures;
use crate::report::Reporter;
use crate::resolve::Plan;
use crate::session::Azure;
use crate::sink::Sink;

/// Which secret, and where its value goes.
pub(crate) struct Get {
    pub(crate) azure: Azure,
    pub(crate) credential: Credential,
    pub(crate) decode: Option<Decode>,
    pub(crate) sink: Sink,
}

impl Get {
    pub(crate) fn run(&self, reporter: &dyn Reporter) -> Result<(), Failures> {
        let client = self.azure.client(reporter);
        let session = self.azure.session(&client);
        let plan = Plan::of(self.credential.clone());
        let values = plan.read(&session, |wanted, content| match self.decode {
            Some(decode) => decode.bytes(&wanted.credential, &content),
            None => Ok(Buffer::from(&content.value)),
        })?;
        reporter.progress_over();
        for value in values {
            self.sink.write(value.as_slice(), client.deadline())?;
        }
        Ok(())
    }
}
