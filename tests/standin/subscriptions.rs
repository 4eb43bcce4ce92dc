//! Subscriptions: their resource groups, and which vaults are listed in them.

use super::paging::Paging;
use super::{RESOURCE_GROUP, SUBSCRIPTION, Standin, TENANT};

/// A vault as a subscription lists it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) location: String,
    /// Whether the public network reaches it; older vaults do not say.
    pub(super) public_access: Option<bool>,
    /// Another address than the vault's own.
    pub(super) uri: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) groups: Vec<String>,
    pub(super) vaults: Vec<Listed>,
    /// Whether nobody has a role on it.
    denied: bool,
    /// The groups that everybody has a role on all the same.
    allowed: Vec<String>,
}

impl Subscription {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            tenant: TENANT.to_owned(),
            groups: Vec::new(),
            vaults: Vec::new(),
            denied: false,
            allowed: Vec::new(),
        }
    }

    pub(super) fn has_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| same(group, name))
    }

    /// Whether its vaults may be listed, or those of one of its groups.
    pub(super) fn allows(&self, group: Option<&str>) -> bool {
        !self.denied || group.is_some_and(|group| self.allowed.iter().any(|one| same(one, group)))
    }
}

/// The subscriptions, and how their vaults are listed.
pub(super) struct Subscriptions {
    all: Vec<Subscription>,
    pub(super) paging: Paging,
}

impl Default for Subscriptions {
    fn default() -> Self {
        let mut usual = Subscription::new(SUBSCRIPTION);
        usual.groups.push(RESOURCE_GROUP.to_owned());
        let paging = Paging {
            last: None,
            ..Paging::default()
        };
        Self {
            all: vec![usual],
            paging,
        }
    }
}

impl Subscriptions {
    pub(super) fn find(&self, id: &str) -> Option<&Subscription> {
        self.all.iter().find(|one| same(&one.id, id))
    }

    /// The subscription of this id, a new one if there is none.
    fn named(&mut self, id: &str) -> &mut Subscription {
        let at = self.all.iter().position(|one| same(&one.id, id));
        let at = at.unwrap_or_else(|| {
            self.all.push(Subscription::new(id));
            self.all.len() - 1
        });
        &mut self.all[at]
    }
}

/// Whether two of Azure's names are one: they have no case.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Which subscriptions there are, and what Resource Manager says of them.
impl Standin {
    fn in_subscription<T>(&self, id: &str, change: impl FnOnce(&mut Subscription) -> T) -> T {
        self.world(|world| change(world.subscriptions.named(id)))
    }

    /// A subscription more, without anything.
    pub fn subscription(&self, id: &str) {
        self.in_subscription(id, |_| ());
    }

    /// The tenant that a subscription belongs to.
    pub fn subscription_tenant(&self, id: &str, tenant: &str) {
        self.in_subscription(id, |one| tenant.clone_into(&mut one.tenant));
    }

    /// A resource group more, and its subscription if that is new.
    pub fn resource_group(&self, subscription: &str, group: &str) {
        self.in_subscription(subscription, |one| {
            if !one.has_group(group) {
                one.groups.push(group.to_owned());
            }
        });
    }

    /// Has a vault listed in the usual subscription and resource group; it exists from now on.
    pub fn list_vault(&self, vault: &str) {
        self.list_in_subscription(
            vault,
            SUBSCRIPTION,
            RESOURCE_GROUP,
            "northeurope",
            Some(true),
        );
    }

    /// Has a vault listed, with everything that is new: vault, subscription and resource group. Vaults that are older
    /// than public network access say nothing of it.
    pub fn list_in_subscription(
        &self,
        vault: &str,
        subscription: &str,
        group: &str,
        location: &str,
        public_access: Option<bool>,
    ) {
        self.vault(vault);
        self.resource_group(subscription, group);
        let listed = Listed {
            name: vault.to_owned(),
            group: group.to_owned(),
            location: location.to_owned(),
            public_access,
            uri: None,
        };
        self.in_subscription(subscription, |one| {
            one.vaults.retain(|before| !same(&before.name, vault));
            one.vaults.push(listed);
        });
    }

    /// The address that is told of a vault, instead of its own.
    pub fn arm_vault_uri(&self, vault: &str, uri: &str) {
        self.world(|world| {
            let listed = world.subscriptions.all.iter_mut();
            let listed = listed.flat_map(|one| one.vaults.iter_mut());
            for listed in listed.filter(|listed| same(&listed.name, vault)) {
                listed.uri = Some(uri.to_owned());
            }
        });
    }

    /// Takes everybody's roles on a subscription away.
    pub fn deny_subscription(&self, id: &str) {
        self.in_subscription(id, |one| one.denied = true);
    }

    /// Gives everybody a role on a resource group, whatever is denied on its subscription.
    pub fn allow_resource_group(&self, subscription: &str, group: &str) {
        self.resource_group(subscription, group);
        self.in_subscription(subscription, |one| one.allowed.push(group.to_owned()));
    }

    /// How Resource Manager splits its lists into pages.
    pub fn arm_paging(&self, paging: Paging) {
        self.world(|world| world.subscriptions.paging = paging);
    }
}
