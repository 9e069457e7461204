namespace Cmud.Silo;

/// <summary>What clients of the gateways, RESP and HTTP, need to get in.</summary>
public enum GatewayAuth
{
    /// <summary>Nothing: whoever reaches them may do everything.</summary>
    None,

    /// <summary>A token.</summary>
    Tokens,
}
