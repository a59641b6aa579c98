"""How many planted violations the contract suite finds, beside other tools on the same servers."""
