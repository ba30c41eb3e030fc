//! TLS by rustls over ring; who is trusted is what the system trusts.

use std::sync::Once;

/// Gives rustls its cryptography, once for the whole process.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // It fails only where another part of the process was first, with the same provider.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
    });
}
