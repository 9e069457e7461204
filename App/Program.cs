using Cmud.App;
using Cmud.Client;

using var terminal = Terminal.OfProcess();
return await new CommandTree(terminal, async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken)).RunAsync(args);
